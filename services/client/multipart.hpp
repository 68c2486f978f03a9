// A form with a file, as browsers send it (multipart/form-data, RFC 7578).
#pragma once

#include <optional>
#include <string>

#include "common/http/message.hpp"
#include "services/client/form.hpp"

namespace stagedoor::client {

[[nodiscard]] bool is_multipart(const http::Request& request);

struct Multipart {
    Form form;
    std::string file;  // of the one file input; empty: none was chosen
};
// nullopt if it is malformed.
[[nodiscard]] std::optional<Multipart> read_multipart(const http::Request& request);

}  // namespace stagedoor::client
