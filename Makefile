# `make quickstart` and `make test` are all the set-up there is.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet --constraint constraints.txt
# Extra pytest arguments, as in `make test ARGS="-k config"`.
ARGS ?=
# How many tests run at once: they wait much, so more than a small machine has cores. 0: in one process.
WORKERS ?= 4
PYTEST := $(BIN)/pytest --numprocesses $(WORKERS) --dist loadgroup

.PHONY: quickstart evaluate test test-unit test-slow soak check format clean

quickstart: $(VENV)/.train
	$(BIN)/r1 quickstart

# As open-r1's users type it: make evaluate TASK=math_500 MODEL=M, with PARALLEL=data (or tensor) NUM_GPUS=8.
ifneq (,$(filter evaluate,$(MAKECMDGOALS)))
$(if $(TASK),,$(error TASK is missing, as in: make evaluate TASK=math_500 MODEL=M))
$(if $(filter-out data tensor,$(PARALLEL)),$(error PARALLEL is data or tensor, not $(PARALLEL)))
$(if $(PARALLEL),$(if $(NUM_GPUS),,$(error NUM_GPUS is missing, as in: PARALLEL=$(PARALLEL) NUM_GPUS=8)))
endif

quoted = '$(subst ','\'',$(1))'
EVALUATE := $(call quoted,$(TASK))
EVALUATE += $(if $(MODEL),--model $(call quoted,$(MODEL)))
EVALUATE += $(if $(NUM_GPUS),--gpus $(call quoted,$(NUM_GPUS)))
EVALUATE += $(if $(PARALLEL),--$(PARALLEL)-parallel $(call quoted,$(NUM_GPUS)))

evaluate: $(VENV)/.train
	$(BIN)/r1 evaluate $(strip $(EVALUATE))

test: check
	$(PYTEST) $(ARGS)

# They do not wait, so one for each core. The folders left out have end-to-end tests alone.
test-unit: WORKERS = 2
test-unit: $(VENV)/.dev
	$(PYTEST) -m unit --ignore=tests/slurm --ignore=tests/train $(ARGS)

test-slow: $(VENV)/.dev
	$(PYTEST) -m slow $(ARGS)

soak: $(VENV)/.dev
	$(PYTEST) -m soak $(ARGS)

check: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/.dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf $(VENV)

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "r1 needs Python 3.11 or newer; name one with make PYTHON=python3.11")'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.train: $(VENV)/bin/python pyproject.toml constraints.txt
	@echo "installing r1 and its training packages into $(VENV) (a few minutes the first time)"
	$(PIP) --editable '.[train]'
	@touch $@

$(VENV)/.dev: $(VENV)/.train
	@echo "installing what the tests need"
	$(PIP) --editable '.[train,dev,generate,languages,code]'
	@touch $@

# docs/gpu.md: what a GPU machine without internet needs beside its Python and torch, and the tests there.
.PHONY: gpu-wheels test-gpu
GPU_PYTHONS ?= 3.11 3.12 3.13

gpu-wheels: $(VENV)/.dev
	$(BIN)/python tests/gpu/collect_wheels.py build/gpu-wheels $(GPU_PYTHONS)

test-gpu:
	$(PYTHON) tests/gpu/start.py $(ARGS)
