"""One encrypted file of a snapshot. An engine's own processes open it, so nothing of the hub but this is loaded there."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
from pyarrow import parquet
from pyarrow.parquet import encryption


@dataclass(frozen=True)
class Part:
    """Parquet under its own encryption: AES-GCM of 256 bits over every page and the footer (parquet-format, Encryption.md)."""

    path: Path
    key: bytes = field(repr=False)

    def writer(self, schema: pa.Schema) -> parquet.ParquetWriter:
        sealed = encryption.create_encryption_properties(footer_key=self.key)
        return parquet.ParquetWriter(self.path, schema, compression="zstd", encryption_properties=sealed)

    def batches(self) -> Iterator[pa.RecordBatch]:
        opened = encryption.create_decryption_properties(footer_key=self.key)
        with parquet.ParquetFile(self.path, decryption_properties=opened) as file:
            yield from file.iter_batches()
