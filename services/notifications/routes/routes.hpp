// Development pages that show all emails.
#pragma once

#include "common/http/routing/extract.hpp"
#include "common/http/routing/page.hpp"
#include "services/notifications/app.hpp"

namespace stagedoor::notifications::routes {

Task<http::Response> list_mails(App& app, http::Query<http::PageQuery> query);
Task<http::Response> show_mail(App& app, http::Path<std::string> id);
Task<http::Response> show_message(App& app, http::Path<std::string> id);

}  // namespace stagedoor::notifications::routes
