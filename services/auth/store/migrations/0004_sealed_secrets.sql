-- Keys of auth other than those that sign tokens, such as that of the device cookies.

CREATE TABLE sealed_secrets (
    name   TEXT PRIMARY KEY,
    sealed TEXT NOT NULL                             -- encrypted under JWT_KEY_SECRET
);
