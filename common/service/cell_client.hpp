// Sends requests to the services of a marketplace in several cells.
#pragma once

#include <atomic>
#include <expected>

#include "common/errors.hpp"
#include "common/service/cells.hpp"
#include "common/service/remote_client.hpp"

namespace stagedoor {

// A request about a listing or an order goes to the cell that its id carries, in the path, the query or the
// body; a new listing to any cell; the caller's own orders and listings are those of all cells. Services
// without cells are reached as by RemoteClient. Any thread.
class CellClient final : public ServiceClient {
  public:
    // The references must outlive it.
    CellClient(const ServiceAddresses& services, Cells cells, outbound::Transport& transport,
               runtime::Clock& clock, runtime::Metrics& metrics);
    ~CellClient() override;

    // Throws Unavailable if the cell does not respond. Responds with 404 for an id of no cell, and with 400
    // for ids of several cells in one request.
    [[nodiscard]] Task<http::Response> send(std::string_view service, http::Request request) override;
    [[nodiscard]] std::vector<std::string> services() const override;

    // The header that names the cells whose part a list lacks.
    static constexpr const char* missing_cells = "Missing-Cells";

  private:
    // nullopt: the request names no id.
    [[nodiscard]] std::expected<std::optional<int>, ApiError> cell_of(const http::Request& request) const;
    [[nodiscard]] int cell_for_new_listing(const http::Request& request);
    [[nodiscard]] Task<http::Response> send_to_any(std::string_view service, const http::Request& request);
    [[nodiscard]] Task<http::Response> list_newest_first(std::string_view service,
                                                         const http::Request& request);

    const Cells cells_;
    RemoteClient without_cells_;
    std::map<int, std::unique_ptr<RemoteClient>> by_cell_;
    std::atomic<std::size_t> next_ = 0;
};

}  // namespace stagedoor
