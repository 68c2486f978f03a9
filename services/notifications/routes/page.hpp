// What the pages for developers have in common.
#pragma once

#include "services/notifications/app.hpp"

namespace stagedoor::notifications::routes {

struct PageFrame {
    std::string title;
};
BOOST_DESCRIBE_STRUCT(PageFrame, (), (title))

// How it stands with a mail: what a list and the mail's own page say alike.
struct Facts {
    std::string link, subject, to, kind, status, made, tries;
    std::optional<std::string> error;
};
BOOST_DESCRIBE_STRUCT(Facts, (), (link, subject, to, kind, status, made, tries, error))

// A mail with what is known now.
struct Found {
    store::OpenMail mail;
    store::Status status = store::Status::queued;
    std::optional<std::string> error;

    [[nodiscard]] bool readable() const { return !std::holds_alternative<std::monostate>(mail.matter); }
    [[nodiscard]] Facts facts(std::string subject) const;
};
[[nodiscard]] Found open(sql::Tx& tx, store::ShownMail row);
// Throws NotFound.
[[nodiscard]] Task<Found> find(App& app, const std::string& id);

// In words; of one that can't be read it says so.
[[nodiscard]] Written words_of(const App& app, const Found& found);

// The policy that it is sent with lets nothing in from outside, and no script run.
[[nodiscard]] http::Response html_response(std::string body);

}  // namespace stagedoor::notifications::routes
