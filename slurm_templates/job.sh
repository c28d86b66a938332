#!/bin/bash
# Written by r1 {{ version }} for `{{ command }}`: one supervisor on each node does the rest.
{% for directive in directives -%}
#SBATCH {{ directive }}
{% endfor -%}
{% for line in request.before -%}
{{ line }}
{% endfor -%}
{% for module in request.modules -%}
module load {{ module | quote }} || exit 1
{% endfor -%}
{% for name, value in request.variables.items() -%}
export {{ name }}={{ value | quote }}
{% endfor %}
srun {{ srun | map("quote") | join(" ") }} \
    {{ supervisor }}
code=$?
{% for line in request.after -%}
{{ line }}
{% endfor -%}
{% if request.max_requeues -%}
# {{ resumable }}: stopped in time, with a checkpoint to resume from.
if [ "$code" -eq {{ resumable }} ]; then
    if [ "${SLURM_RESTART_COUNT:-0}" -lt {{ request.max_requeues }} ]; then
        scontrol requeue "$SLURM_JOB_ID"
    else
        echo "not queued again after {{ request.max_requeues }} times (slurm.max_requeues): submit it again to continue"
    fi
fi
{% endif -%}
exit "$code"
