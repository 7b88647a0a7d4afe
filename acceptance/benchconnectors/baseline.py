#!/usr/bin/env python3
"""baseline FOLDER ADDRESS [RENDERED]: deploy a folder of connectors as the simplest script would.

Every file is evaluated by Jsonnet's Python binding, and then every result is put, one after the other, over one kept
connection. With RENDERED, a folder of JSON, nothing is evaluated: that is for where the binding cannot be had.
"""
import http.client
import json
import pathlib
import sys


def evaluated(folder):
    import _jsonnet  # python3-jsonnet on Debian and Ubuntu, jsonnet on PyPI

    return [_jsonnet.evaluate_file(str(file)) for file in sorted(pathlib.Path(folder).rglob("*.jsonnet"))]


def rendered(folder):
    return [file.read_text() for file in sorted(pathlib.Path(folder).glob("*.json"))]


def main(folder, address, ready=None):
    configs = rendered(ready) if ready else evaluated(folder)
    worker = http.client.HTTPConnection(address)
    for config in configs:
        name = json.loads(config)["name"]
        worker.request("PUT", f"/connectors/{name}/config", config, {"Content-Type": "application/json"})
        answer = worker.getresponse()
        text = answer.read()
        if answer.status >= 300:
            sys.exit(f"cannot put {name}: {answer.status} {text.decode()}")


if __name__ == "__main__":
    main(*sys.argv[1:])
