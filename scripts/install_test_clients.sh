#!/usr/bin/env bash
# Installs the NGSI-LD clients that the tests talk with, apart, as they need older packages than we do.
set -euo pipefail
cd "$(dirname "$0")/.."

if [ ! -x .clients/bin/python ]; then
  python3 -m venv .clients
  .clients/bin/pip install --quiet ngsildclient==0.5.2 filip==0.7.5
fi
