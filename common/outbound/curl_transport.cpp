#include <cstring>
#include <new>

#include "common/outbound/curl_thread.hpp"
#include "common/text/ascii.hpp"

namespace stagedoor::outbound {
namespace {

// RFC 5321, 4.5.3.2: what a client should wait for a greeting and for the replies to most commands.
constexpr std::chrono::seconds smtp_reply_timeout{300};
constexpr std::size_t max_received = 4 * 1024 * 1024;
// How long libcurl keeps the CA file in memory: the system's is large, and seldom changes.
constexpr long ca_file_cache_seconds = 0, system_ca_cache_seconds = 600;

void set(const Transfer& transfer, CURLoption option, auto value) {
    if (curl_easy_setopt(transfer.easy.get(), option, value) != CURLE_OK) throw std::bad_alloc();
}

// A line break would smuggle in a header, or a command to the mail server.
const std::string& one_line(const std::string& text) {
    if (text.find_first_of(std::string_view{"\r\n\0", 3}) != std::string::npos)
        throw std::invalid_argument("a header or an address of more than one line");
    return text;
}

void add_line(Transfer& transfer, const std::string& line) {
    auto* longer = curl_slist_append(transfer.lines.get(), one_line(line).c_str());
    if (!longer) throw std::bad_alloc();
    (void)transfer.lines.release();  // the same list, or the first of one
    transfer.lines.reset(longer);
}

// Returns false, which aborts the transfer, once it has received more than the limit.
bool count(Transfer& transfer, std::size_t bytes) {
    transfer.received += bytes;
    return transfer.received <= max_received;
}

std::size_t receive_body(const char* bytes, std::size_t, std::size_t size, void* to) {
    auto& transfer = *static_cast<Transfer*>(to);
    if (!count(transfer, size)) return 0;
    transfer.response.body.append(bytes, size);
    return size;
}

std::size_t receive_header(const char* bytes, std::size_t, std::size_t size, void* to) {
    auto& transfer = *static_cast<Transfer*>(to);
    if (!count(transfer, size)) return 0;
    std::string_view line{bytes, size};
    line.remove_suffix(line.size() - 1 - line.find_last_not_of("\r\n"));
    if (line.starts_with("HTTP/")) transfer.response.headers.clear();  // those before were of a 100 Continue
    if (auto colon = line.find(':'); colon != std::string_view::npos) {
        auto value = line.substr(std::min(line.find_first_not_of(" \t", colon + 1), line.size()));
        transfer.response.headers.add(text::to_lower(line.substr(0, colon)), std::string{value});
    }
    return size;
}

std::size_t receive_reply(const char* bytes, std::size_t, std::size_t size, void* to) {
    auto& transfer = *static_cast<Transfer*>(to);
    if (!count(transfer, size)) return 0;
    transfer.reply.add({bytes, size});
    return size;
}

std::size_t send_email(char* to, std::size_t, std::size_t room, void* from) {
    auto& transfer = *static_cast<Transfer*>(from);
    auto size = std::min(room, transfer.upload.size() - transfer.sent);
    std::memcpy(to, transfer.upload.data() + transfer.sent, size);
    transfer.sent += size;
    return size;
}

void set_tls(Transfer& transfer, const TransportOptions& options) {
    set(transfer, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));  // or later
    set(transfer, CURLOPT_CA_CACHE_TIMEOUT,
        options.ca_file.empty() ? system_ca_cache_seconds : ca_file_cache_seconds);
    if (!options.ca_file.empty()) {
        set(transfer, CURLOPT_CAINFO, options.ca_file.c_str());
        set(transfer, CURLOPT_CAPATH, nullptr);
    }
    if (!options.certificate_file.empty()) {
        set(transfer, CURLOPT_SSLCERT, options.certificate_file.c_str());
        set(transfer, CURLOPT_SSLKEY, options.key_file.c_str());
    }
    if (!options.verifies_servers) {
        set(transfer, CURLOPT_SSL_VERIFYPEER, 0L);
        set(transfer, CURLOPT_SSL_VERIFYHOST, 0L);
    }
}

// Whether there was no connection to send anything on, or none whose other side is known.
bool is_unconnected(const Transfer& transfer) {
    // On this connection, or on a kept one that broke before.
    if (transfer.request_size > 0) return false;
    auto code = transfer.code;
    return code == CURLE_OPERATION_TIMEDOUT || code == CURLE_COULDNT_CONNECT ||
           code == CURLE_COULDNT_RESOLVE_HOST || code == CURLE_SSL_CONNECT_ERROR ||
           code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CERTPROBLEM ||
           code == CURLE_SSL_CACERT_BADFILE;
}

TransferPtr begin(const std::string& url, const char* protocols, std::chrono::milliseconds timeout,
                  const TransportOptions& options) {
    auto transfer = std::make_unique<Transfer>();
    transfer->easy.reset(curl_easy_init());
    if (!transfer->easy) throw std::bad_alloc();
    set(*transfer, CURLOPT_URL, url.c_str());
    set(*transfer, CURLOPT_PROTOCOLS_STR, protocols);
    set(*transfer, CURLOPT_PROXY, "");  // none, even if the environment names one
    set(*transfer, CURLOPT_NOSIGNAL, 1L);
    set(*transfer, CURLOPT_TIMEOUT_MS, static_cast<long>(timeout.count()));
    set_tls(*transfer, options);
    set(*transfer, CURLOPT_ERRORBUFFER, transfer->error_text.data());
    set(*transfer, CURLOPT_WRITEFUNCTION, &receive_body);
    set(*transfer, CURLOPT_WRITEDATA, transfer.get());
    return transfer;
}

TransferPtr begin_request(http::Request request, const SendOptions& options,
                          const TransportOptions& transport) {
    auto transfer = begin(options.url + request.target, "http,https", options.timeout, transport);
    set(*transfer, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
    set(*transfer, CURLOPT_USERAGENT, "stagedoor");
    set(*transfer, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(options.connect_timeout.count()));
    if (!options.repeat_on_broken_connection) set(*transfer, CURLOPT_FRESH_CONNECT, 1L);
    add_line(*transfer, "Expect:");  // send the body without waiting for a 100 Continue
    for (const auto& [name, value] : request.headers) add_line(*transfer, name + ": " + value);
    set(*transfer, CURLOPT_HTTPHEADER, transfer->lines.get());
    set(*transfer, CURLOPT_HEADERFUNCTION, &receive_header);
    set(*transfer, CURLOPT_HEADERDATA, transfer.get());
    if (request.method == http::Method::head) {
        set(*transfer, CURLOPT_NOBODY, 1L);
    } else if (request.method != http::Method::get) {
        transfer->upload = std::move(request.body);
        set(*transfer, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(transfer->upload.size()));
        set(*transfer, CURLOPT_POSTFIELDS, transfer->upload.data());
        set(*transfer, CURLOPT_CUSTOMREQUEST, std::string{to_text(request.method)}.c_str());
    }
    return transfer;
}

TransferPtr begin_email(const SmtpServer& server, Email email, const TransportOptions& transport) {
    // libcurl takes the name for EHLO from the URL's path.
    auto url = server.hello.empty() ? server.url : server.url + "/" + http::percent_encode(server.hello);
    auto transfer = begin(url, "smtp,smtps", email.timeout, transport);
    set(*transfer, CURLOPT_SERVER_RESPONSE_TIMEOUT, static_cast<long>(smtp_reply_timeout.count()));
    // Up to the login, so more than the connection; the system gives up an unreachable server earlier.
    set(*transfer, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(email.timeout.count()));
    set(*transfer, CURLOPT_HEADERFUNCTION, &receive_reply);
    set(*transfer, CURLOPT_HEADERDATA, transfer.get());
    set(*transfer, CURLOPT_USE_SSL, static_cast<long>(server.demand_tls ? CURLUSESSL_ALL : CURLUSESSL_TRY));
    if (!server.user.empty()) {
        set(*transfer, CURLOPT_USERNAME, server.user.c_str());
        set(*transfer, CURLOPT_PASSWORD, server.password.c_str());
    }
    // If the server had closed a kept connection meanwhile, that would look like a rejection.
    set(*transfer, CURLOPT_FORBID_REUSE, 1L);
    set(*transfer, CURLOPT_MAIL_FROM, one_line(email.from).c_str());
    add_line(*transfer, email.to);
    set(*transfer, CURLOPT_MAIL_RCPT, transfer->lines.get());
    transfer->upload = std::move(email.message);
    set(*transfer, CURLOPT_UPLOAD, 1L);
    set(*transfer, CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(transfer->upload.size()));
    set(*transfer, CURLOPT_READFUNCTION, &send_email);
    set(*transfer, CURLOPT_READDATA, transfer.get());
    return transfer;
}

// The email was not delivered: the server rejected it or did not reply. A rejection may be final when it is
// the reply to its recipient (only libcurl's text distinguishes that from its sender) or to its content. One
// before that, of the connection, login or sender, is about us and can be fixed.
void throw_undelivered [[noreturn]] (const Transfer& transfer) {
    auto reply = transfer.response.status;
    auto at_envelope = transfer.code == CURLE_SEND_ERROR;
    auto replied = at_envelope || transfer.code == CURLE_WEIRD_SERVER_REPLY ||
                   transfer.code == CURLE_REMOTE_ACCESS_DENIED || transfer.code == CURLE_LOGIN_DENIED;
    if (!replied || reply < 400) throw NoResponse(transfer.error());
    auto about_email = transfer.error().starts_with("RCPT failed") || transfer.sent > 0;
    const auto& text = transfer.reply.text(reply);
    throw EmailRejected(transfer.error(), about_email && is_final_rejection(text), text);
}

class CurlTransport final : public Transport {
  public:
    explicit CurlTransport(TransportOptions options)
        : options_(std::move(options)),
          requests_(options_.max_concurrent),
          emails_(options_.max_concurrent) {}

    Task<http::Response> send(http::Request request, SendOptions options) override {
        auto done = co_await requests_.run(begin_request(std::move(request), options, options_));
        if (is_unconnected(*done)) throw NotSent(done->error());
        if (done->code != CURLE_OK) throw NoResponse(done->error());
        co_return std::move(done->response);
    }

    Task<std::string> deliver(SmtpServer server, Email email) override {
        auto done = co_await emails_.run(begin_email(server, std::move(email), options_));
        if (done->code != CURLE_OK) throw_undelivered(*done);
        co_return done->reply.text(done->response.status);
    }

    void close() override {
        requests_.close();
        emails_.close();
    }

  private:
    const TransportOptions options_;
    CurlThread requests_;
    CurlThread emails_;  // a thread of its own: libcurl blocks for up to a second on a mail server's goodbye
};

}  // namespace

std::unique_ptr<Transport> make_transport(TransportOptions options) {
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) throw std::runtime_error("libcurl can't start");
    return std::make_unique<CurlTransport>(std::move(options));
}

}  // namespace stagedoor::outbound
