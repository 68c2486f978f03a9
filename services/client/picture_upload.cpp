#include "services/client/picture_upload.hpp"

#include "services/client/search.hpp"

namespace stagedoor::client {
namespace {

// The response of tickets.
struct Uploaded {
    std::string id;
};
BOOST_DESCRIBE_STRUCT(Uploaded, (), (id))

Form with_picture(const Form& form, std::string id) {
    http::Pairs pairs;
    for (const auto& [name, value] : form.pairs()) {
        if (name != "picture" && name != "removePicture") pairs.emplace_back(name, value);
    }
    pairs.emplace_back("picture", std::move(id));
    return Form{std::move(pairs)};
}

}  // namespace

Task<Form> take_upload(Visit& visit, std::string_view listing) {
    auto form = visit.form();
    if (form.has("removePicture")) form = with_picture(form, "");
    visit.resume(form);
    if (visit.upload.empty()) co_return form;
    std::string target = "/api/tickets/pictures";
    if (!listing.empty()) append_parameter(target, "ticketId", listing);  // in several cells, of its own
    auto response = co_await visit.send_file("tickets", std::move(target), std::move(visit.upload));
    form = with_picture(form, response.as<Uploaded>().id);
    visit.resume(form);
    co_return form;
}

}  // namespace stagedoor::client
