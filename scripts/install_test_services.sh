#!/usr/bin/env bash
# Installs what the tests can use from Debian's packages: a browser, a Chinese font, Node.js for the console's modules, an MQTT broker.
set -euo pipefail

PATH=$PATH:/usr/sbin # where Debian puts mosquitto
declare -A package_of=([mosquitto]=mosquitto [chromium]=chromium [npm]=npm [node]=nodejs [fc-list]=fontconfig [python3]=python3 [amtool]=prometheus-alertmanager)
missing=()
for command in "${!package_of[@]}"; do
  command -v "$command" >/dev/null || missing+=("${package_of[$command]}")
done
if ! command -v fc-list >/dev/null || [ -z "$(fc-list :lang=zh)" ]; then
  missing+=(fonts-noto-cjk)
fi
python3 -c 'import ensurepip' 2>/dev/null || missing+=(python3-venv)

if [ ${#missing[@]} -eq 0 ]; then
  exit 0
fi
as_root=()
if [ "$(id -u)" -ne 0 ]; then
  as_root=(sudo --non-interactive)
fi
export DEBIAN_FRONTEND=noninteractive
"${as_root[@]}" apt-get update --quiet
"${as_root[@]}" apt-get install --yes --quiet --no-install-recommends "${missing[@]}"
