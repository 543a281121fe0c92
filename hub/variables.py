"""Every variable of the environment that we read: one row each, from which the reference is made.

A test holds the list against the code: a name that nobody reads, or one that is read and not named here, fails."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Variable:
    """name: <REGION> stands for the code of a region in capitals."""

    name: str
    default: str
    meaning: str


VARIABLES = (
    Variable("HUB_HOME", "var", "the folder of state: databases, keys, documents, Valkey, backups"),
    Variable("HUB_CONFIG", "config", "the folder of configuration"),
    Variable(
        "HUB_DATABASE_<REGION>", "SQLite under HUB_HOME", "the region's database, such as postgresql+psycopg://..."
    ),
    Variable(
        "HUB_OWNER_<REGION>",
        "HUB_DATABASE_<REGION>",
        "the same database as the owner of its tables, for hub init and hub restore; then row-level security holds everything else",
    ),
    Variable("HUB_DIRECTORY", "SQLite under HUB_HOME", "the directory of random refs that all regions share"),
    Variable("REDIS_URL", "a private Valkey", "a Redis or Valkey of yours, for all regions"),
    Variable("HUB_REDIS_<REGION>", "REDIS_URL", "one for this region alone; it wins over REDIS_URL"),
    Variable("HUB_BIND", "127.0.0.1", "the address that the web listens on"),
    Variable("HUB_WEB_PROCESSES", "1", "how many processes serve the web of a region"),
    Variable("HUB_PROXIES", "0", "how many proxies of yours stand before it, whose X-Forwarded-For is believed"),
    Variable(
        "HUB_SECRETS", "none", "a folder with a file for each setting or secret, as Docker and Kubernetes mount one"
    ),
    Variable("CREDENTIALS_DIRECTORY", "none", "the same, as systemd names it"),
    Variable("<NAME>_FILE", "none", "a file that holds the value of any of these, or of a secret"),
    Variable("HUB_LOG", "INFO", "level of the logs"),
    Variable(
        "HUB_METRICS_TOKEN", "this machine only", "whoever brings it as a bearer may read /metrics from elsewhere"
    ),
    Variable(
        "HUB_CLAMAV",
        "such files wait",
        "a ClamAV daemon that looks at what is uploaded: unix:///run/clamav/clamd.ctl or tcp://host:3310",
    ),
    Variable(
        "HUB_SPARK_MASTER",
        "local[*]",
        "where `--engine spark` runs: this machine's cores, or a cluster such as spark://host:7077",
    ),
    Variable("HUB_PYTHON", "the newest found", "the Python that ./garage takes; only the launcher reads it"),
)
