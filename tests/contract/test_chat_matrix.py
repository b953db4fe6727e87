"""The chat contract over Matrix, against a real Synapse, and what only Matrix does."""

from __future__ import annotations

from pathlib import Path

import pytest

from gainful.sdk.testing.chat import ChatContract, ChatWorld
from gainful.sdk.testing.synapse import Synapse
from tests.contract.matrix_world import MatrixWorld


class TestMatrixChat(ChatContract):
    @pytest.fixture(autouse=True)
    def place(self, synapse: Synapse, tmp_path: Path) -> None:
        self.server = synapse
        self.folder = tmp_path

    def world(self) -> ChatWorld:
        return MatrixWorld(self.server, self.folder)
