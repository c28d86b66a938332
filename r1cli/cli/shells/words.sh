# What can be at the last of some words: the part that bash and zsh share. `_r1_table NAME` puts lines into _r1_lines.

# Keeps the lines of _r1_lines that begin with $1, after what precedes the value in the word.
_r1_keep() {
    local line
    while IFS= read -r line; do
        [[ -n $line && $line == "$1"* ]] && _r1_reply+=$_r1_before$line$'\n'
    done <<< "$_r1_lines"
}

# Keeps the options that begin with $1; hyphens and underscores are equivalent.
_r1_keep_options() {
    local name kind start=${1//-/_}
    while IFS=' ' read -r name kind; do
        [[ -n $name && ${name//-/_} == "$start"* ]] && _r1_reply+=$name$'\n'
    done <<< "$_r1_lines"
}

# Sets _r1_kind to that of the option $1, if it is in _r1_lines.
_r1_find_kind() {
    local name kind wanted=${1//-/_}
    while IFS=' ' read -r name kind; do
        if [[ ${name//-/_} == "$wanted" ]]; then
            _r1_kind=$kind
            return
        fi
    done <<< "$_r1_lines"
}

# Keeps the values of the kinds $1, as run+benchmark, that begin with $2; files and runs are left to _r1_files.
_r1_keep_values() {
    local kinds=$1+ value=$2 kind
    while [[ -n $kinds ]]; do
        kind=${kinds%%+*} kinds=${kinds#*+}
        case $kind in
            file | dir | run) _r1_files+=" $kind" ;;
            *,) # values with commas between them
                [[ $value == *,* ]] && _r1_before+=${value%,*},
                _r1_table "values ${kind%,}" && _r1_keep "${value##*,}"
                ;;
            *) _r1_table "values $kind" && _r1_keep "$value" ;;
        esac
    done
}

# Sets _r1_reply to the lines that can be at the last word, _r1_files to the kinds of files that can,
# and _r1_before to what precedes the value in that word.
_r1_resolve() {
    local node=$1 named='' keys='' option='' previous='' word subcommands
    _r1_reply='' _r1_files='' _r1_before='' _r1_kind=''
    if (( $# <= 1 )); then
        if [[ $1 == -* ]]; then _r1_table 'options' && _r1_keep_options "$1"; else _r1_table 'commands' && _r1_keep "$1"; fi
        return
    fi
    shift
    if _r1_table "commands $node"; then
        subcommands=$'\n'$_r1_lines$'\n'
        if (( $# > 1 )) && [[ $subcommands == *$'\n'"$1"$'\n'* ]]; then
            node="$node $1"
            shift
        else
            (( $# == 1 )) && [[ $1 != -* ]] && _r1_keep "$1"
            if _r1_table "default $node"; then node="$node $_r1_lines"; fi
        fi
    fi
    while (( $# > 1 )); do
        previous=$1
        if [[ -z $named ]] && _r1_table "keys $1" && _r1_table "named $node"; then named=$1; fi
        shift
    done
    word=$1
    if [[ -n $named ]]; then keys=$named; elif _r1_table "keys of $node"; then keys=$_r1_lines; fi
    if [[ $word == --*=* ]]; then option=${word%%=*}; elif [[ $previous == --* && $word != -* ]]; then option=$previous; fi
    if [[ -n $option ]]; then
        _r1_table "options $node" && _r1_find_kind "$option"
        [[ -z $_r1_kind ]] && _r1_table "keys $keys" && _r1_find_kind "$option"
        [[ -z $_r1_kind ]] && _r1_table "paths $keys" && _r1_find_kind "$option"
    fi
    if [[ $word == --*=* ]]; then
        _r1_before=$option=
        _r1_keep_values "$_r1_kind" "${word#*=}"
    elif [[ $word == -* ]]; then
        _r1_table "options $node" && _r1_keep_options "$word"
        _r1_table "keys $keys" && _r1_keep_options "$word"
        if [[ $word == *.* ]]; then _r1_table "paths $keys" && _r1_keep_options "$word"; fi
    elif [[ -n $_r1_kind && $_r1_kind != - && $_r1_kind != bool ]]; then
        _r1_keep_values "$_r1_kind" "$word"
    else
        [[ $_r1_kind == bool ]] && _r1_keep_values bool "$word"
        if _r1_table "words ${named:-$node}"; then _r1_keep_values "$_r1_lines" "$word"; fi
    fi
    return 0
}
