#include "common/security/password.hpp"

#include <sodium.h>

#include <array>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <new>
#include <thread>
#include <vector>

#include "common/errors.hpp"

namespace stagedoor::security {
namespace {

constexpr unsigned long long passes = 2;
constexpr std::size_t memory_bytes = 19 * 1024 * 1024;

// Used for unknown users: the hash of an unknown password, with the same cost.
constexpr const char* unknown_user_hash =
    "$argon2id$v=19$m=19456,t=2,p=1$c3RhZ2Vkb29yLW5vYm9keQ$RKuFmYBzG3xb0mm1VSQPLW9/aAdYyDhZQ09RmrdyyAI";

// libsodium maps and unmaps the 19 MiB in each call: no memory is kept while nobody signs in.
std::string hash_now(const std::string& password) {
    std::array<char, crypto_pwhash_STRBYTES> hash{};
    if (crypto_pwhash_str_alg(hash.data(), password.data(), password.size(), passes, memory_bytes,
                              crypto_pwhash_ALG_ARGON2ID13) != 0) {
        throw std::bad_alloc();
    }
    return hash.data();
}

bool matches_now(const std::string& password, const std::string& hash) {
    const auto* against = hash.empty() ? unknown_user_hash : hash.c_str();
    auto matches = crypto_pwhash_str_verify(against, password.data(), password.size()) == 0;
    return matches && !hash.empty();
}

class HashingThreads final : public Passwords {
  public:
    HashingThreads(int threads, std::size_t queue_limit) : queue_limit_(queue_limit) {
        for (int i = 0; i < threads; ++i) {
            threads_.emplace_back([this](const std::stop_token& stopping) { work(stopping); });
        }
    }
    ~HashingThreads() override { end(); }

    Task<std::string> hash(std::string password) override {
        return run<std::string>([password = std::move(password)]() mutable {
            auto hash = hash_now(password);
            sodium_memzero(password.data(), password.size());
            return hash;
        });
    }

    Task<bool> matches(std::string password, std::string hash) override {
        return run<bool>([password = std::move(password), hash = std::move(hash)]() mutable {
            auto matches = matches_now(password, hash);
            sodium_memzero(password.data(), password.size());
            return matches;
        });
    }

    void close() override { end(); }

  private:
    using Job = std::move_only_function<void(std::exception_ptr rejection)>;

    // Runs `compute` on one of the threads and resumes the caller on its own executor.
    template <class T>
    Task<T> run(std::move_only_function<T()> compute) {
        return boost::asio::async_initiate<const boost::asio::use_awaitable_t<>, void(std::exception_ptr, T)>(
            [this](auto handler, std::move_only_function<T()> job) {
                auto executor = boost::asio::prefer(boost::asio::get_associated_executor(handler),
                                                    boost::asio::execution::outstanding_work.tracked);
                auto finish = [executor, handler = std::move(handler)](std::exception_ptr failure,
                                                                       T result) mutable {
                    boost::asio::post(executor, [handler = std::move(handler), failure,
                                                 result = std::move(result)]() mutable {
                        handler(failure, std::move(result));
                    });
                };
                add([finish = std::move(finish), job = std::move(job)](std::exception_ptr failure) mutable {
                    T result{};
                    try {
                        if (!failure) result = job();
                    } catch (...) {
                        failure = std::current_exception();
                    }
                    finish(failure, std::move(result));
                });
            },
            boost::asio::use_awaitable, std::move(compute));
    }

    void add(Job job) {
        auto reason = "Too many people are signing in right now. Please try again in a moment"_text;
        {
            std::lock_guard lock{mutex_};
            if (!ended_ && waiting_.size() < queue_limit_) {
                waiting_.push_back(std::move(job));
                wake_.notify_one();
                return;
            }
            if (ended_) reason = "The server is shutting down. Please try again in a moment"_text;
        }
        job(std::make_exception_ptr(Unavailable(std::move(reason))));
    }

    void end() {
        std::deque<Job> dropped;  // destroyed after the lock is released, since each job destroys a coroutine
        {
            std::lock_guard lock{mutex_};
            ended_ = true;
            dropped.swap(waiting_);
        }
        for (auto& thread : threads_) thread.request_stop();
        threads_.clear();  // joins
    }

    void work(const std::stop_token& stopping) {
        std::unique_lock lock{mutex_};
        while (wake_.wait(lock, stopping, [this] { return !waiting_.empty(); }) &&
               !stopping.stop_requested()) {
            auto job = std::move(waiting_.front());
            waiting_.pop_front();
            lock.unlock();
            job(nullptr);
            job = nullptr;
            lock.lock();
        }
    }

    const std::size_t queue_limit_;
    std::mutex mutex_;
    std::condition_variable_any wake_;
    std::deque<Job> waiting_;
    bool ended_ = false;
    std::vector<std::jthread> threads_;  // last: they end before the members that they use
};

}  // namespace

std::unique_ptr<Passwords> make_passwords(int threads, std::size_t queue_limit) {
    // Selects the fastest implementation for this machine.
    if (sodium_init() < 0) throw std::runtime_error("could not initialize libsodium");
    return std::make_unique<HashingThreads>(threads, queue_limit);
}

bool is_outdated(const std::string& hash) {
    return crypto_pwhash_str_needs_rehash(hash.c_str(), passes, memory_bytes) != 0;
}

}  // namespace stagedoor::security
