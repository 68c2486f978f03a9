#include "testing/servers/s3_server.hpp"

#include <stdexcept>

#include "fleet/polling.hpp"

namespace stagedoor::testing {

S3Server::S3Server()
    : process_(STAGEDOOR_S3_SERVER, {"pictures", access_key, secret_key, region}, {}, folder_.path()) {
    // The first of them fetches its packages.
    auto is_listening = [this] { return process_.output().ends_with('\n') || process_.ended(); };
    if (!fleet::becomes_true(is_listening, std::chrono::minutes{2}) || process_.ended())
        throw std::runtime_error("the S3 server has not started: " + process_.errors());
    auto port = process_.output();
    origin_ = "http://127.0.0.1:" + port.substr(0, port.find('\n'));
}

}  // namespace stagedoor::testing
