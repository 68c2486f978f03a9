// Pages that all visitors without a session see alike. They come from the page cache.
#pragma once

#include <string>

#include "services/client/page.hpp"

namespace stagedoor::client {

// The address of a page with only what it depends on, always in the same form: it is rendered for that
// address, and cached by it.
using PublicAddress = std::string (*)(const http::Context& context, const Form& query);

[[nodiscard]] Task<http::Response> run_public_page(App& app, http::Context& context, Page page,
                                                   PublicAddress address);

// Makes a route of a page. Visitors who are signed in, have a basket or kept forms, or get a notice are shown
// a page of their own, which nobody else gets.
template <Page render, PublicAddress address>
Task<http::Response> public_page(App& app, http::Context& context) {
    return run_public_page(app, context, render, address);
}

}  // namespace stagedoor::client
