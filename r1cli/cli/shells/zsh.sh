_r1() {
    local _r1_reply _r1_files _r1_before _r1_kind _r1_lines
    local -a found
    _r1_resolve_as_sh "${(@Q)words[2,CURRENT]}"
    found=("${(@f)_r1_reply}")
    found=("${(@)found:#}")
    (( $#found )) && compadd -M 'm:{-_}={_-}' -a found
    [[ -n $_r1_before ]] && compset -P "${(b)_r1_before}"
    if [[ $_r1_files == *run* ]]; then
        found=(runs/*(N/))
        # The name of a run is enough.
        [[ $PREFIX == */* ]] || found=("${(@)found#runs/}")
        (( $#found )) && compadd -f -a found
    fi
    case $_r1_files in
        *file*) _files ;;
        *dir* | *run*) _files -/ ;;
    esac
}

_r1_resolve_as_sh() {
    emulate -L sh
    _r1_resolve "$@"
}

if [[ ${funcstack[1]} == _r1 ]]; then
    _r1 "$@"
else
    (( $+functions[compdef] )) || { autoload -Uz compinit && compinit; }
    compdef _r1 r1
fi
