"""The embedded default MQTT broker, and who may do what on it or on a Mosquitto."""

from cloud.broker.embedded import EmbeddedBroker
from cloud.broker.logins import CloudLogin, DeviceLogin, Login
from cloud.broker.mosquitto_files import acl_file, password_file
from cloud.broker.secret_hash import SecretHash, hash_secret, new_secret
from cloud.broker.server_binary import find_server
from cloud.broker.settings import BrokerSettings, TlsFiles

__all__ = [
    "BrokerSettings",
    "CloudLogin",
    "DeviceLogin",
    "EmbeddedBroker",
    "Login",
    "SecretHash",
    "TlsFiles",
    "acl_file",
    "find_server",
    "hash_secret",
    "new_secret",
    "password_file",
]
