#!/bin/sh
# sh examples/dockercoins/up.sh: builds the images of alertscale and of dockercoins, makes this engine a swarm of one node where
# it is of none, deploys the stack, puts load on, and shows how the coins a second rise as workers come. Stop looking with
# Ctrl-C: the stack goes on.
#
# sh examples/dockercoins/up.sh down: removes the stack with its volumes. The engine stays a swarm.
set -eu
cd "$(dirname "$0")/../.."
socket=${DOCKER_SOCKET:-/var/run/docker.sock}

if [ "${1:-}" = down ]; then
	docker stack rm dockercoins
	# A volume is in use until the containers are gone.
	for i in $(seq 60); do
		docker volume ls -q -f label=com.docker.stack.namespace=dockercoins | xargs -r docker volume rm >/dev/null 2>&1 && exit 0
		sleep 1
	done
	echo 'volumes of the stack are still in use: run it again' >&2
	exit 1
fi

if [ -z "${ALERTSCALE_IMAGE:-}" ]; then docker build -t alertscale .; fi
if [ -z "${DOCKERCOINS_IMAGE:-}" ]; then docker build -t dockercoins -f examples/dockercoins/Dockerfile .; fi
if [ "$(docker info -f '{{.Swarm.LocalNodeState}}')" != active ]; then docker swarm init --advertise-addr "${ADVERTISE_ADDR:-127.0.0.1}" >/dev/null; fi

export MANAGER="${MANAGER:-$(docker info -f '{{.Name}}')}" DOCKER_GID="${DOCKER_GID:-$(stat -c %g "$socket" 2>/dev/null || echo 0)}"
docker stack deploy --resolve-image=never -c examples/dockercoins/swarm/docker-compose.yml dockercoins

# dockercoins runs a command of it, in the container of its page.
dockercoins() {
	docker exec "$(docker ps -qf name=dockercoins_webui | head -n 1)" /dockercoins "$@"
}

echo 'waiting for the containers; docker stack ps dockercoins says for what'
until dockercoins load "${WANTED:-10}" 2>/dev/null; do sleep 1; done
echo 'http://localhost:8000 is its page; docker service logs dockercoins_alertscale says what is done, and why'
dockercoins watch --interval="${INTERVAL:-5s}"
