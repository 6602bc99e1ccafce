"""The whole agent, put together from its parts; nothing else knows them all."""

from agent.app.agent import Agent

__all__ = ["Agent"]
