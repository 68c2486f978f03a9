// What a service depends on. Every route includes it, so what is large is only declared.
#pragma once

#include <any>
#include <functional>
#include <memory>
#include <string>

#include "common/pictures/store.hpp"
#include "common/runtime/clock.hpp"
#include "common/runtime/metrics.hpp"
#include "common/runtime/random.hpp"
#include "common/runtime/task.hpp"
#include "common/service/data_versions.hpp"
#include "common/service/program_settings.hpp"

namespace stagedoor {

namespace bus {
class Bus;
}
namespace http {
class Client;
}
namespace messaging {
class ReadYourWrites;
}
namespace outbound {
class Transport;
}
namespace pictures {
class Renderer;
}
namespace security {
class Sessions;
}
namespace sql {
class Database;
}
struct Service;

// Provided by the program. Everything outlives the service.
struct ServiceDeps {
    sql::Database& db;
    bus::Bus& bus;
    runtime::Clock& clock;
    runtime::Random& random;
    http::Client& http;
    runtime::Metrics& metrics;
    outbound::Transport& outbound;
    runtime::Executor executor;
    // Opens an additional database, for a stand-in of an external system (the test payment provider). The
    // caller migrates and closes it.
    std::function<std::unique_ptr<sql::Database>(const std::string& name)> open_database;
    std::shared_ptr<security::Sessions> sessions;
    std::shared_ptr<messaging::ReadYourWrites> read_your_writes;
    ProgramSettings settings;
    std::any own_settings = {};  // the service's own struct; empty: its defaults
    std::shared_ptr<DataVersions> data_versions = std::make_shared<DataVersions>();
    pictures::Renderer* renderer = nullptr;  // null: there is none
    pictures::OpenStore open_pictures = {};  // for the service that owns pictures; empty: there are none

    template <class S>
    [[nodiscard]] S own() const {
        return own_settings.has_value() ? std::any_cast<S>(own_settings) : S{};
    }
};

}  // namespace stagedoor
