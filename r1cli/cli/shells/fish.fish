# Prints the kind of an option, of the tables that are named behind it.
function __r1_kind
    set -l wanted (string replace --all - _ -- $argv[1])
    set -l lines
    for table in $argv[2..]
        set -a lines (__r1_table $table)
    end
    for line in $lines
        set -l parts (string split ' ' -- $line)
        if test (string replace --all - _ -- $parts[1]) = $wanted
            echo $parts[2]
            return
        end
    end
end

# Prints the values of the kinds $argv[1], as run+benchmark, behind $argv[2]; $argv[3] is what is typed of them.
function __r1_values
    for kind in (string split + -- $argv[1])
        set -l found
        switch $kind
            case file
                set found (__fish_complete_path $argv[3])
            case dir
                set found (__fish_complete_directories $argv[3])
            case run
                set -l runs runs/*/
                set found (string trim --right --chars / -- $runs)
                if string match --quiet '*/*' -- $argv[3]
                    set -a found (__fish_complete_directories $argv[3] | string match --invert --regex '^runs/[^/]*/(\t|$)')
                else
                    # The name of a run is enough.
                    set found (string replace runs/ '' -- $found)
                end
            case '*,'
                set -l before (string match --regex '^.*,' -- $argv[3])
                set found "$before"(__r1_table "values "(string trim --right --chars , -- $kind))
            case '*'
                set found (__r1_table "values $kind")
        end
        set -q found[1]; and printf '%s\n' $argv[2]$found
    end
end

function __r1_complete
    set -l words (commandline --tokenize --cut-at-cursor --current-process)[2..]
    set -l word (commandline --current-token --cut-at-cursor)
    if test (count $words) -eq 0
        __r1_table commands
        __r1_table options | string replace --regex ' .*' ''
        return
    end
    set -l node $words[1]
    set -e words[1]
    set -l subcommands (__r1_table "commands $node")
    if set -q subcommands[1]
        if set -q words[1]; and contains -- $words[1] $subcommands
            set node "$node $words[1]"
            set -e words[1]
        else
            set -q words[1]; or printf '%s\n' $subcommands
            set -l default (__r1_table "default $node")
            set -q default[1]; and set node "$node $default"
        end
    end
    set -l keys (__r1_table "keys of $node")
    set -l named $node
    set -l is_named (__r1_table "named $node")
    if set -q is_named[1]
        for each in $words
            set -l table (__r1_table "keys $each")
            if set -q table[1]
                set keys $each
                set named $each
                break
            end
        end
    end
    set -l tables "options $node" "keys $keys" "paths $keys"
    set -l kind
    if string match --quiet -- '--*=*' $word
        set -l option (string replace --regex '=.*' '' -- $word)
        set kind (__r1_kind $option $tables)
        __r1_values "$kind" $option= (string replace --regex '^[^=]*=' '' -- $word)
    else if string match --quiet -- '-*' $word
        string match --quiet '*.*' -- $word; or set -e tables[3]
        for table in $tables
            __r1_table $table | string replace --regex ' .*' ''
        end
    else
        set -q words[1]; and string match --quiet -- '--*' $words[-1]
        and set kind (__r1_kind $words[-1] $tables)
        if test -z "$kind"; or contains -- "$kind" - bool
            set kind (string join + -- $kind (__r1_table "words $named"))
        end
        __r1_values "$kind" '' $word
    end
end

complete --command r1 --no-files --arguments '(__r1_complete)'
