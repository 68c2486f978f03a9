// What auth does by itself, in the background.
#pragma once

#include "services/auth/app.hpp"

namespace stagedoor::auth::workers {

// Makes the first key if there is none, whatever the number of copies, and opens those there are.
Task<> prepare_keys(App& app);

// Every minute: takes over keys that other copies made; makes the next key in time, retires old ones.
Task<> rotate_keys(App& app, StopSignal& stopping);

// Every hour: drops sessions and mailed links that have run out.
Task<> clean_up(App& app, StopSignal& stopping);

}  // namespace stagedoor::auth::workers
