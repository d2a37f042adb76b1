"""DGL 2.1 as it loads beside today's torch and setuptools: two modules that it imports and we never use are empty or moved."""

import os
import sys
import types

import packaging
import packaging.version

os.environ.setdefault("DGLBACKEND", "pytorch")  # else it talks to standard output on its first run
sys.modules["dgl.graphbolt"] = types.ModuleType("dgl.graphbolt")
_extern = types.ModuleType("setuptools.extern")
_extern.packaging = packaging
sys.modules["setuptools.extern"] = _extern
sys.modules["setuptools.extern.packaging"] = packaging

import dgl  # noqa: E402, F401
