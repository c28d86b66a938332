#!/bin/bash
# Written by r1 VERSION for `evaluate`: one supervisor on each node does the rest.
#SBATCH --job-name=one
#SBATCH --nodes=1
#SBATCH --ntasks-per-node=1
#SBATCH --gres=gpu:8
#SBATCH --array=0-3
#SBATCH --output=/shared/runs/one/logs/slurm-%A_%a.out
#SBATCH --open-mode=append
#SBATCH --requeue
#SBATCH --signal=USR1@180

srun --nodes=1 --ntasks-per-node=1 --kill-on-bad-exit=1 --export=ALL,R1_SLURM_NODE=1 \
    /opt/r1/bin/python -P -m r1cli.launch.node /shared/runs/one/shares/"$SLURM_ARRAY_TASK_ID"/job.json
code=$?
# 75: stopped in time, with a checkpoint to resume from.
if [ "$code" -eq 75 ]; then
    if [ "${SLURM_RESTART_COUNT:-0}" -lt 10 ]; then
        scontrol requeue "$SLURM_JOB_ID"
    else
        echo "not queued again after 10 times (slurm.max_requeues): submit it again to continue"
    fi
fi
exit "$code"

# role serve
VLLM_NO_USAGE_STATS=1 VLLM_API_KEY="$RUN_KEY" /opt/r1/bin/python -m vllm.entrypoints.openai.api_server --model some/model --dtype auto --max-model-len auto --generation-config vllm --host 127.0.0.1 --port "$SERVE_HTTP" --tensor-parallel-size 1 --data-parallel-size 8 --gpu-memory-utilization 0.9 --disable-uvicorn-access-log

# role evaluate
CUDA_VISIBLE_DEVICES='' OMP_NUM_THREADS=1 MALLOC_ARENA_MAX=1 MALLOC_MMAP_THRESHOLD_=1000000 ARROW_DEFAULT_MEMORY_POOL=system R1_ENDPOINT=http://127.0.0.1:"$SERVE_HTTP"/v1 R1_ENDPOINT_ENGINE=vllm R1_ENDPOINT_MODEL=some/model R1_ENDPOINT_KEY="$RUN_KEY" /opt/r1/bin/python -m r1cli.evaluate.worker /shared/runs/one
