# Two commands do everything: `make site` and `make test`. `make help` lists the rest.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.ONESHELL:
.DEFAULT_GOAL := help

export ANSIBLE_CONFIG := $(CURDIR)/ansible.cfg
export PATH := $(CURDIR)/.venv/bin:$(PATH)
export PYTHONPATH := $(CURDIR)/build/collections
S ?= default

LAB := molecule/lab/lab.sh
SCENARIOS := default services onboard_lxc offboard onboard_kvm verify rotate_key preflight helm
# A worker for each processor. Tests of one file stay together, for they share what is costly to start.
PYTEST := pytest -q --numprocesses auto --dist loadfile --no-loadscope-reorder
# molecule would not create again what an earlier run has created and not destroyed
scenario = molecule reset --scenario-name $(1); molecule test --scenario-name $(1) $(2)
# `make site` takes Helm 3, which is built in no time beside Kubernetes. Tests take Helm 4 where kubernetes.core knows it: from
# 6.4.0, which needs Python 3.12.
chart molecule test stages $(SCENARIOS:%=stage-%): export LAB_HELM = $(shell .venv/bin/python -c 'import sys; print(4 if sys.version_info >= (3, 12) else 3)' 2>/dev/null)

.PHONY: help machine venv dev lab lab-up lab-down plan site test check lint unit contract chart playbooks sanity molecule bench-registration bench-onboarding clean

help: ## this list
	@sed -nE 's/^([a-z-]+):.*## (.*)/  make \1\t\2/p' Makefile | expand -t 26

machine:
	@$(LAB) check

venv: ## set up what the playbooks need, in .venv
	@.ci/venv.sh requirements.txt

dev: ## set up what the tests need as well
	@.ci/venv.sh requirements-dev.txt

lab: machine ## a Kubernetes and two hypervisor hosts on this machine, as root
	@$(MAKE) --no-print-directory --jobs=2 venv lab-up

lab-up:
	@$(LAB) up

lab-down: ## stop the lab; what the cloud holds stays
	@$(LAB) down

site: plan lab ## bring up the lab, deploy OpenNebula to it, and say where it is
	@ansible-playbook playbooks/site.yml -i inventories/lab
	ansible-playbook playbooks/where.yml -i inventories/lab

plan:
	@printf '%s\n' 'make site' \
	  '  brings up the lab: Kubernetes and Helm from source, images of Debian, MariaDB and two hypervisors; beside it, Ansible' \
	  '  deploys the cloud: images, the control plane on that Kubernetes, the hypervisors as hosts' \
	  '  says where it is and how to log in' \
	  'The first time takes six to eight minutes on 2 idle cores, most of it the compiler. Later ones take one or two.'

check: dev lint unit contract chart ## the tests that need no lab

lint: dev ## ansible-lint, yamllint, ruff, mypy, shellcheck
	@ruff check .
	ruff format --check .
	mypy plugins
	yamllint --strict .
	ansible-lint --offline
	git grep -lE '^#!.*(bash|/sh)$$' | xargs shellcheck
	antsibull-changelog lint
	python .ci/role_readmes.py --check

unit: dev ## unit tests
	@$(PYTEST) tests/unit

playbooks: dev ## playbooks of the collection, run against a model of oned
	@$(PYTEST) tests/playbooks

contract: dev ## the recorded answers of a real oned, against the client and against the lab's stand-in
	@$(PYTEST) tests/contract tests/benchmarks

chart: dev ## the chart, rendered and judged
	@LAB_TOOLS=$$($(LAB) tools) $(PYTEST) tests/chart

sanity: dev ## what Ansible Galaxy asks for: ansible-test, antsibull-docs, galaxy-importer; make sanity [CORE=2.19]
	@.ci/sanity.sh $(CORE)

molecule: machine dev ## one scenario on the lab: make molecule S=default
	@$(LAB) up
	$(call scenario,$(S))

bench-registration: N = 1000
bench-registration: dev ## how fast hosts are registered: make bench-registration [N=1000] [ONED_URL=... ONED_AUTH=user:password]
	@python tests/benchmarks/registration.py --hosts $(N)

bench-onboarding: N = 50
bench-onboarding: machine dev ## how long N machines of the lab take to become hypervisors: make bench-onboarding [N=50]
	@$(LAB) up
	python tests/benchmarks/onboarding.py --hosts $(N)

test: machine dev ## everything; empties the lab and stops it in the end
	@$(LAB) up
	$(MAKE) --no-print-directory --jobs=3 --output-sync=target stages
	$(LAB) down

# Some at a time, for most of the time they wait. What a stage says is shown when it is over.
.PHONY: stages stage-offline stage-sanity stage-after_services $(SCENARIOS:%=stage-%)
stages: $(SCENARIOS:%=stage-%) stage-offline stage-sanity

# what needs no lab, one after the other, because each takes all processors
stage-offline:
	@$(MAKE) --no-print-directory --jobs=1 lint unit contract chart playbooks

stage-sanity:
	@$(MAKE) --no-print-directory sanity

# `default` makes the cloud that the others join. Machines join one after the other, for each changes what the others know,
# and do so while users use the cloud, but not while something is broken. The rest has its place where scenarios wait most.
stage-services stage-onboard_kvm: stage-default
stage-onboard_lxc: stage-onboard_kvm
stage-offboard: stage-onboard_lxc
# What ends `services` deploys the cloud as it was, and oned restarts: no test that asks oned runs meanwhile.
stage-services: private OPTIONS = --destroy=never
stage-after_services: stage-services stage-offboard
	@molecule destroy --scenario-name services

stage-verify stage-preflight stage-helm: stage-after_services
stage-sanity: stage-preflight stage-helm
stage-rotate_key: stage-verify

$(SCENARIOS:%=stage-%): stage-%: dev
	@$(call scenario,$*,$(OPTIONS))

clean: ## stop the lab and forget all it held; builds stay cached
	@$(LAB) purge
	rm -rf build .venv
