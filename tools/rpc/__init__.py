"""Interfaces of services: reading interfaces/*.rpc, and the C that is generated from them. Needs lark."""

from tools.rpc.grammar import InterfaceError
from tools.rpc.load import load_interfaces
from tools.rpc.model import Argument, Constant, Interface, Method

__all__ = ["Argument", "Constant", "Interface", "InterfaceError", "Method", "load_interfaces"]
