#!/bin/bash
# Written by r1 VERSION for `grpo`: one supervisor on each node does the rest.
#SBATCH --job-name=one
#SBATCH --nodes=2
#SBATCH --ntasks-per-node=1
#SBATCH --gres=gpu:8
#SBATCH --output=/shared/runs/one/logs/slurm-%j.out
#SBATCH --open-mode=append
#SBATCH --requeue
#SBATCH --signal=USR1@180

srun --nodes=2 --ntasks-per-node=1 --kill-on-bad-exit=1 --export=ALL,R1_SLURM_NODE=1 \
    /opt/r1/bin/python -P -m r1cli.launch.node /shared/runs/one/job.json
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

# role train
VLLM_HOST_IP="$TRAIN_ADDRESS" R1_VLLM_SERVER=http://"$VLLM_ADDRESS":"$VLLM_HTTP" R1_VLLM_WEIGHTS_PORT="$TRAIN_WEIGHTS" /opt/r1/bin/python -m accelerate.commands.accelerate_cli launch --config_file /shared/runs/one/launch/accelerate.yaml -m r1cli.train.grpo /shared/runs/one

# role vllm
VLLM_SERVER_DEV_MODE=1 VLLM_API_KEY='' VLLM_NO_USAGE_STATS=1 /opt/r1/bin/python -m vllm.entrypoints.openai.api_server --model Qwen/Qwen2.5-1.5B-Instruct --dtype bfloat16 --seed 42 --host "$NODE_ADDRESS" --port "$VLLM_HTTP" --logprobs-mode processed_logprobs --weight-transfer-config '{"backend": "nccl"}' --tensor-parallel-size 1 --data-parallel-size 8 --gpu-memory-utilization 0.9 --disable-uvicorn-access-log
