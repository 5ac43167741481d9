import os
import subprocess
import sys
from pathlib import Path

import pytest

from detectors.weights import SHIPPED, WeightsError, digest_of, refuse_unknown

DEMO = Path("data/demo/detector.pt")


def test_the_shipped_weights_are_known():
    assert digest_of(DEMO) in SHIPPED, "after training anew, put the digest of data/demo/detector.pt into SHIPPED"


def test_unknown_weights_are_refused_with_their_digest_and_the_fix(tmp_path):
    path = tmp_path / "found.pt"
    path.write_bytes(b"anything")
    digest = digest_of(path)
    with pytest.raises(WeightsError, match=f"found.pt: unknown weights, SHA-256 {digest}.*passant allow-weights"):
        refuse_unknown(path, digest, ())
    refuse_unknown(path, digest, {digest})


def test_missing_weights_are_named(tmp_path):
    with pytest.raises(WeightsError, match="no such weights.*--weights"):
        digest_of(tmp_path / "none.pt")


def test_nothing_is_switched_on_that_reaches_outside():
    code = (
        "from pathlib import Path; from detectors.weights import import_ultralytics; import sys\n"
        "u = import_ultralytics(Path(sys.argv[1])).utils\n"
        "assert u.SAFE_LOAD and not u.AUTOINSTALL and not u.ONLINE, (u.SAFE_LOAD, u.AUTOINSTALL, u.ONLINE)\n"
    )
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("YOLO", "ULTRALYTICS"))}
    subprocess.run([sys.executable, "-c", code, "data/var/ultralytics"], check=True, env=environment, timeout=120)
