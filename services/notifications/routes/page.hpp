// Shared by the development pages.
#pragma once

#include "services/notifications/app.hpp"

namespace stagedoor::notifications::routes {

struct PageLayout {
    std::string title;
};
BOOST_DESCRIBE_STRUCT(PageLayout, (), (title))

// What both the list and the page of an email show.
struct Facts {
    std::string link, subject, to, kind, status, made, tries;
    std::optional<std::string> error;
};
BOOST_DESCRIBE_STRUCT(Facts, (), (link, subject, to, kind, status, made, tries, error))

// An email, resolved, with its outcome.
struct Found {
    store::ResolvedEmail email;
    store::Status status = store::Status::queued;
    std::optional<std::string> error;

    [[nodiscard]] bool readable() const { return !std::holds_alternative<std::monostate>(email.payload); }
    [[nodiscard]] Facts facts(std::string subject) const;
};
[[nodiscard]] Found resolve(sql::Tx& tx, store::StoredEmail row);
// Throws NotFound.
[[nodiscard]] Task<Found> find(App& app, const std::string& id);

// A placeholder if its data can't be read.
[[nodiscard]] RenderedEmail render(const App& app, const Found& found);

// With a policy that allows neither scripts nor resources from other sites.
[[nodiscard]] http::Response html_response(std::string body);

}  // namespace stagedoor::notifications::routes
