"""Tests what the Debian package gives to whom: users, secrets and data, from its unit files, settings and postinst."""

import configparser
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
DEBIAN = ROOT / "deploy/debian"
SERVICES = (ROOT / "services/services.txt").read_text().split()
PATHS = ("/etc/stagedoor", "/var/lib/stagedoor")


def settings_of(unit):
    """The settings of a unit, each with all its values."""
    settings = {}
    for line in (DEBIAN / unit).read_text().splitlines():
        if match := re.match(r"(\w+)=(.*)", line):
            settings.setdefault(match[1], []).append(match[2])
    return settings


def secrets_of(service):
    """Who has which secret in containers, where each service has a Secret of its own; by deploy.conf."""
    parser = configparser.ConfigParser()
    parser.read_string("[deploy]\n" + (ROOT / f"services/{service}/deploy.conf").read_text())
    deploy = parser["deploy"]
    names = set(deploy.get("secrets", "").split()) | set(deploy.get("optional_secrets", "").split())
    return names | ({"EVENT_KEY"} if deploy.get("signs") else set())


class Units(unittest.TestCase):
    def test_a_service_has_a_user_a_folder_of_secrets_and_one_of_data_of_its_own(self):
        for unit, name, data in (
            ("stagedoor@.service", "stagedoor-%i", "stagedoor/%i"),
            ("stagedoor.service", "stagedoor", "stagedoor"),
        ):
            settings = settings_of(unit)
            secrets = name.replace("stagedoor-", "")
            self.assertEqual(settings["User"], [name], unit)
            self.assertEqual(settings["Group"], [name], unit)
            self.assertEqual(settings["LoadCredential"], [f"secret:/etc/stagedoor/secrets/{secrets}"], unit)
            self.assertEqual(settings["StateDirectory"], [data], unit)
            for key in ("SupplementaryGroups", "ReadWritePaths", "SetCredential", "DynamicUser"):
                self.assertNotIn(key, settings, unit)
            for key, values in settings.items():
                if key != "LoadCredential":
                    self.assertNotIn("secret", "".join(values), f"{unit}: {key}")

    def test_settings_name_no_secret_and_no_file_of_one(self):
        files = [*DEBIAN.glob("config/*.conf"), *ROOT.glob("services/*/debian.conf")]
        self.assertEqual(len(files), len(SERVICES) + 2)
        for file in files:
            names = re.findall(r"^#?([A-Z0-9_]+)=", file.read_text(), re.MULTILINE)
            for name in names:
                wrong = re.search(r"(SECRET|PASSWORD|ADMIN_TOKEN|DATABASE_URL|NATS_URL|EVENT_KEY|SECRET_KEY)(_FILE)?$", name)
                self.assertIsNone(wrong, f"{file}: {name}")

    def test_the_settings_of_a_service_document_its_secrets_and_no_others(self):
        for service in SERVICES:
            text = (ROOT / f"services/{service}/debian.conf").read_text()
            documented = re.findall(r"^#   ([A-Z0-9_]+)  ", text, re.MULTILINE)
            self.assertEqual(set(documented), secrets_of(service), service)

    @unittest.skipUnless(shutil.which("systemd-analyze"), "systemd-analyze is not installed")
    def test_exposure_is_low(self):
        for unit in ("stagedoor@.service", "stagedoor.service"):
            done = subprocess.run(
                ["systemd-analyze", "security", "--offline=true", "--no-pager", "--threshold=20", DEBIAN / unit],
                capture_output=True, text=True, check=False,
            )
            self.assertEqual(done.returncode, 0, done.stdout[-500:] + done.stderr)


class Postinst(unittest.TestCase):
    """Runs postinst on folders of the test, without root: who owns what is tested by tests/package/run."""

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="stagedoor-postinst-"))
        self.addCleanup(shutil.rmtree, self.folder)
        text = (DEBIAN / "postinst.in").read_text().replace("@STAGEDOOR_SERVICE_NAMES@", " ".join(SERVICES))
        for path in PATHS:
            text = text.replace(path, str(self.folder) + path)
        (self.folder / "postinst").write_text(text)
        self.secrets = self.folder / "etc/stagedoor/secrets"
        (self.folder / "bin").mkdir()
        for name, script in {
            "getent": "exit 1",
            "adduser": "exit 0",
            "chown": "exit 0",
            "deb-systemd-helper": "exit 0",
            "install": 'for each; do :; done; mkdir -p "$each"',
            # The disk is full at the call whose number is in the environment.
            "mv": f'n=$(cat {self.folder}/moves 2>/dev/null || echo 0); n=$((n + 1)); echo $n >{self.folder}/moves\n'
            '[ "$n" != "${FAILING_MOVE-}" ] || exit 1; exec /bin/mv "$@"',
        }.items():
            (self.folder / "bin" / name).write_text(f"#!/bin/sh\n{script}\n")
            (self.folder / "bin" / name).chmod(0o755)

    def run_postinst(self, failing_move=None):
        (self.folder / "moves").unlink(missing_ok=True)
        environment = os.environ | {"PATH": f"{self.folder}/bin:{os.environ['PATH']}"}
        if failing_move:
            environment["FAILING_MOVE"] = str(failing_move)
        done = subprocess.run(
            ["sh", self.folder / "postinst", "configure"], env=environment, capture_output=True, text=True, check=False
        )
        if not failing_move:
            self.assertEqual(done.returncode, 0, done.stderr)
        return done.returncode == 0

    def secrets_from_before(self):
        """All but the secrets of services that the earlier version did not have: these are made."""
        return {name: text for name, text in self.all_secrets().items() if "/ADMISSIONS_SECRET" not in name}

    def all_secrets(self):
        files = (each for each in self.secrets.rglob("*") if each.is_file())
        return {str(each.relative_to(self.secrets)): each.read_text() for each in files}

    def test_makes_the_secrets_of_a_new_installation_once(self):
        self.run_postinst()
        made = self.all_secrets()
        self.assertEqual(
            set(made),
            {"admissions/ADMISSIONS_SECRET", "auth/EVENT_KEY", "auth/JWT_KEY_SECRET", "auth/MAIL_LINK_SECRET",
             "notifications/MAIL_LINK_SECRET", "payments/EVENT_KEY", "stagedoor/ADMISSIONS_SECRET",
             "stagedoor/JWT_KEY_SECRET", "stagedoor/MAIL_LINK_SECRET"},
        )
        self.assertEqual(made["auth/MAIL_LINK_SECRET"], made["notifications/MAIL_LINK_SECRET"])
        self.assertEqual(len(set(made.values())), 8)
        for name, text in made.items():
            self.assertRegex(text, r"\A[0-9a-f]{64}\n\Z", name)
            self.assertEqual((self.secrets / name).stat().st_mode & 0o777, 0o600, name)
        keys = (self.folder / "etc/stagedoor/event-keys.conf").read_text()
        self.assertRegex(keys, r"\nEVENT_PUBLIC_KEYS=auth=[0-9a-f]{64},payments=[0-9a-f]{64}\n\Z")
        self.run_postinst()
        self.assertEqual(self.all_secrets(), made)
        self.assertEqual((self.folder / "etc/stagedoor/event-keys.conf").read_text(), keys)

    def lay_out_as_before(self):
        """One folder for all, which every service could read, and settings that name files."""
        self.secrets.mkdir(parents=True, exist_ok=True)
        old = {"jwt-key": "jwt", "mail-link": "link", "auth-event-key": "a" * 64, "payments-event-key": "b" * 64,
               "smtp-password": "smtp", "my-own": "token", "stripe": "sk_live"}
        for service in SERVICES:
            old |= {f"{service}-database-url": f"postgresql://{service}", f"{service}-nats-url": f"nats://{service}"}
        for name, text in old.items():
            (self.secrets / name).write_text(text + "\n")
        etc = self.secrets.parent
        (etc / "services.conf").write_text(
            f"NATS_CA_FILE={etc}/ca.pem\nSTAGEDOOR_ADMIN_TOKEN_FILE={self.secrets}/my-own\n"
        )
        (etc / "payments.conf").write_text(f'PORT=4005\nSTRIPE_SECRET_KEY_FILE="{self.secrets}/stripe"\n')
        (etc / "stagedoor.conf").write_text(f"JWT_KEY_SECRET_FILE={self.secrets}/jwt-key\n#SMTP_PASSWORD_FILE=/nowhere\n")

    def expected_after_upgrade(self):
        expected = {"auth/JWT_KEY_SECRET": "jwt", "stagedoor/JWT_KEY_SECRET": "jwt", "auth/EVENT_KEY": "a" * 64,
                    "payments/EVENT_KEY": "b" * 64, "payments/STRIPE_SECRET_KEY": "sk_live",
                    "my-own": "token", "stripe": "sk_live"}  # the last two are the operator's
        expected |= {f"{each}/MAIL_LINK_SECRET": "link" for each in ("auth", "notifications", "stagedoor")}
        expected |= {f"{each}/SMTP_PASSWORD": "smtp" for each in ("notifications", "stagedoor")}
        for service in SERVICES:
            expected |= {f"{service}/DATABASE_URL": f"postgresql://{service}", f"{service}/NATS_URL": f"nats://{service}",
                         f"{service}/STAGEDOOR_ADMIN_TOKEN": "token"}
        return {name: text + "\n" for name, text in expected.items()}

    def test_moves_the_secrets_of_an_earlier_version_to_their_owners(self):
        self.lay_out_as_before()
        self.run_postinst()
        self.assertEqual(self.secrets_from_before(), self.expected_after_upgrade())
        for folder in ("admissions", "stagedoor"):
            self.assertRegex(self.all_secrets()[f"{folder}/ADMISSIONS_SECRET"], r"\A[0-9a-f]{64}\n\Z")
        (self.secrets / "orders/DATABASE_URL").write_text("changed\n")  # later, by the operator
        self.run_postinst()
        self.assertEqual(self.secrets_from_before(), self.expected_after_upgrade() | {"orders/DATABASE_URL": "changed\n"})

    def test_continues_where_it_failed(self):
        for move in range(1, 100):
            shutil.rmtree(self.folder / "etc", ignore_errors=True)
            self.lay_out_as_before()
            if self.run_postinst(failing_move=move):
                break
            self.run_postinst()
            left = {name: text for name, text in self.secrets_from_before().items() if not name.endswith(".new")}
            self.assertEqual(left, self.expected_after_upgrade(), f"after a failure at move {move}")
        self.assertGreater(move, 20)


if __name__ == "__main__":
    result = unittest.TextTestRunner(stream=sys.stdout, verbosity=2).run(
        unittest.defaultTestLoader.loadTestsFromModule(sys.modules["__main__"])
    )
    broken = len(result.failures) + len(result.errors)
    print(f"ℹ pass {result.testsRun - broken - len(result.skipped)}\nℹ fail {broken}")
    sys.exit(broken != 0)
