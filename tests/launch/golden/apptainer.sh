#!/bin/bash
# Written by r1 VERSION for `sft`: one supervisor on each node does the rest.
#SBATCH --job-name=one
#SBATCH --nodes=2
#SBATCH --ntasks-per-node=1
#SBATCH --gres=gpu:8
#SBATCH --output=/shared/runs/one/logs/slurm-%j.out
#SBATCH --open-mode=append
#SBATCH --requeue
#SBATCH --signal=USR1@180

srun --nodes=2 --ntasks-per-node=1 --kill-on-bad-exit=1 --export=ALL,R1_SLURM_NODE=1 \
    apptainer exec --nv --bind /x '/my images/a.sif' python3 -P -m r1cli.launch.node /shared/runs/one/job.json
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
python3 -m accelerate.commands.accelerate_cli launch --config_file /shared/runs/one/launch/accelerate.yaml --machine_rank "$NODE_RANK" --main_process_ip "$TRAIN_ADDRESS" --main_process_port "$TRAIN_RANKS" -m r1cli.train.sft /shared/runs/one
