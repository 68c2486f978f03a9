// Stands between a driver and its server, and cuts the connection at the worst moment.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <thread>
#include <vector>

namespace stagedoor::sql {

class CuttingProxy {
  public:
    enum class Cut {
        none,
        before_commit,  // COMMIT never reaches the server, which keeps the transaction open
        after_commit,   // the server gets it, and its answer is lost
    };

    explicit CuttingProxy(std::uint16_t server_port);
    ~CuttingProxy();

    [[nodiscard]] std::uint16_t port() const { return port_; }
    // The next COMMIT whose text is sent (the first of a connection) meets `cut`; those after it pass.
    void cut_next(Cut cut) { next_ = cut; }
    // From now on nobody new gets through, or does again.
    void refuse(bool refuses) { refuses_ = refuses; }
    [[nodiscard]] int cuts() const { return cuts_; }

  private:
    struct Pair {
        int client = -1, server = -1;
    };
    void run();
    void accept_one();
    void from_client(Pair& pair);
    void from_server(Pair& pair);

    const std::uint16_t server_port_;
    std::uint16_t port_ = 0;
    int listener_ = -1;
    std::vector<Pair> pairs_;
    std::atomic<Cut> next_ = Cut::none;
    std::atomic<int> cuts_ = 0;
    std::atomic<bool> refuses_ = false;
    std::atomic<bool> ends_ = false;
    std::thread thread_;
};

}  // namespace stagedoor::sql
