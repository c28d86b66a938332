# The words up to the cursor, as _r1_words: bash has them in pieces, broken at ":" and "=".
_r1_join() {
    local i=1 last=-1 glue='' piece
    _r1_words=()
    for (( ; i <= COMP_CWORD; i++ )); do
        piece=${COMP_WORDS[i]}
        # What is typed may be quoted already.
        case $piece in
            [\'\"]*) piece=${piece#?} ;;
            *) piece=${piece//\\/} ;;
        esac
        if (( last >= 0 )) && [[ -n $glue || $piece == [:=]* ]]; then
            _r1_words[last]+=$piece
        else
            _r1_words[++last]=$piece
        fi
        [[ $piece == *[:=] ]] && glue=yes || glue=''
    done
}

# Adds a completion of the last word; $2 says that it is a file, which bash itself quotes.
_r1_add() {
    local text=${1#"$_r1_kept"}
    if [[ -z $2 && $text == *[!a-zA-Z0-9_./:,=@%+-]* ]]; then printf -v text %q "$text"; fi
    COMPREPLY+=("$text")
}

_r1() {
    local _r1_words _r1_reply _r1_files _r1_before _r1_kind _r1_lines _r1_kept='' word line value
    COMPREPLY=()
    _r1_join
    _r1_resolve "${_r1_words[@]}"
    word=${_r1_words[${#_r1_words[@]} - 1]}
    # bash replaces only what follows the last break.
    for line in : =; do
        if [[ $COMP_WORDBREAKS == *"$line"* && $word == *"$line"* ]]; then
            value=${word%"${word##*"$line"}"}
            (( ${#value} > ${#_r1_kept} )) && _r1_kept=$value
        fi
    done
    while IFS= read -r line; do
        [[ -n $line ]] && _r1_add "$line"
    done <<< "$_r1_reply"
    value=${word#"$_r1_before"}
    if [[ $_r1_files == *run* ]]; then
        for line in runs/*/; do
            [[ -d $line ]] || continue
            line=${line%/}
            # The name of a run is enough.
            [[ $value == */* ]] || line=${line#runs/}
            [[ $line == "$value"* ]] && _r1_add "$_r1_before$line" file
        done
    fi
    if [[ $_r1_files == *file* || ( $_r1_files == *run* && ( -z ${COMPREPLY[*]} || $value == */* ) ) || $_r1_files == *dir* ]]; then
        local how=-d
        [[ $_r1_files == *file* ]] && how=-f
        while IFS= read -r line; do
            [[ $line == runs/* && $_r1_files == *run* && -d $line && $line != runs/*/* ]] && continue
            _r1_add "$_r1_before$line" file
        done < <(compgen "$how" -- "$value")
    fi
    if [[ -n $_r1_files ]]; then compopt -o filenames 2> /dev/null; fi
}

complete -F _r1 r1
