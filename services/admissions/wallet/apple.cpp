#include "services/admissions/wallet/apple.hpp"

#include <openssl/cms.h>
#include <zip.h>

#include <array>
#include <boost/describe.hpp>
#include <vector>

#include "common/json/write.hpp"
#include "common/security/token.hpp"
#include "common/text/hex.hpp"
#include "services/admissions/wallet/icon.hpp"
#include "services/admissions/wallet/openssl.hpp"

namespace stagedoor::admissions::wallet {
namespace {

using Files = std::vector<std::pair<std::string, std::string>>;  // name and content

struct Barcode {
    std::string format = "PKBarcodeFormatQR", message, message_encoding = "iso-8859-1", alt_text;
};
BOOST_DESCRIBE_STRUCT(Barcode, (), (format, message, message_encoding, alt_text))

struct Field {
    std::string key, label, value;
    std::optional<std::string> date_style, time_style;  // of an instant
};
BOOST_DESCRIBE_STRUCT(Field, (), (key, label, value, date_style, time_style))

struct EventTicket {
    std::vector<Field> primary_fields, secondary_fields, auxiliary_fields;
};
BOOST_DESCRIBE_STRUCT(EventTicket, (), (primary_fields, secondary_fields, auxiliary_fields))

// pass.json. A pass that somebody forwards would be a second ticket with the same code, so it can't be
// shared.
struct PassFile {
    std::int64_t format_version = 1;
    std::string pass_type_identifier, team_identifier, organization_name, serial_number, description;
    std::optional<std::string> relevant_date;
    bool sharing_prohibited = true;
    std::string background_color = "rgb(28,27,34)", foreground_color = "rgb(246,241,231)",
                label_color = "rgb(246,241,231)";
    std::vector<Barcode> barcodes;
    EventTicket event_ticket;
};
BOOST_DESCRIBE_STRUCT(PassFile, (),
                      (format_version, pass_type_identifier, team_identifier, organization_name,
                       serial_number, description, relevant_date, sharing_prohibited, background_color,
                       foreground_color, label_color, barcodes, event_ticket))

EventTicket fields_of(const Ticket& ticket) {
    EventTicket fields{{{"event", "", ticket.title, {}, {}}}, {}, {}};
    if (ticket.starts_at)
        fields.secondary_fields.push_back(
            {"date", "Date", ticket.starts_at->to_text(), "PKDateStyleMedium", "PKDateStyleShort"});
    auto place = ticket.venue.value_or("");
    if (ticket.city) place += (place.empty() ? "" : ", ") + *ticket.city;
    if (!place.empty()) fields.auxiliary_fields.push_back({"place", "Place", place, {}, {}});
    if (ticket.seats) fields.auxiliary_fields.push_back({"seats", "Seats", *ticket.seats, {}, {}});
    fields.auxiliary_fields.push_back({"number", "Ticket", "No. " + std::to_string(ticket.number), {}, {}});
    return fields;
}

std::string sha1_of(const std::string& content) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> hash{};
    unsigned size = 0;
    require(EVP_Digest(content.data(), content.size(), hash.data(), &size, EVP_sha1(), nullptr) == 1,
            "OpenSSL can't compute SHA-1");
    return text::to_hex(std::as_bytes(std::span{hash}).first(size));
}

std::string png(std::string_view base64url) { return security::from_base64url(base64url).value(); }

// The value of a part of the certificate's subject, such as its organization.
std::string subject(X509* certificate, int part) {
    auto* name = X509_get_subject_name(certificate);
    std::array<char, 256> value{};
    auto length = X509_NAME_get_text_by_NID(name, part, value.data(), static_cast<int>(value.size()));
    return length > 0 ? std::string{value.data(), static_cast<std::size_t>(length)} : std::string{};
}

// libzip's archive in memory. A file's time is that of the pass, so that the same ticket gives the same
// bytes.
class Archive {
  public:
    Archive() {
        zip_error_t error;
        zip_error_init(&error);
        source_ = zip_source_buffer_create(nullptr, 0, 0, &error);
        if (source_) archive_ = zip_open_from_source(source_, ZIP_TRUNCATE, &error);
        zip_error_fini(&error);
        if (!archive_) {
            if (source_) zip_source_free(source_);
            throw std::runtime_error("libzip can't make an archive");
        }
        zip_source_keep(source_);  // its bytes are read once the archive is closed
    }
    ~Archive() {
        if (archive_) zip_discard(archive_);
        zip_source_free(source_);
    }
    Archive(const Archive&) = delete;
    Archive& operator=(const Archive&) = delete;

    // `content` must outlive the archive.
    void add(const std::string& name, const std::string& content, Instant time) {
        auto* file = zip_source_buffer(archive_, content.data(), content.size(), 0);
        auto index = file ? zip_file_add(archive_, name.c_str(), file, ZIP_FL_ENC_UTF_8) : -1;
        if (index < 0) {
            if (file) zip_source_free(file);
            throw std::runtime_error("libzip can't add " + name);
        }
        zip_file_set_mtime(archive_, static_cast<zip_uint64_t>(index), time.milliseconds / 1000, 0);
    }

    std::string close() {
        if (zip_close(archive_) != 0) throw std::runtime_error("libzip can't write the archive");
        archive_ = nullptr;
        zip_stat_t status;
        if (zip_source_stat(source_, &status) != 0 || zip_source_open(source_) != 0)
            throw std::runtime_error("libzip can't read the archive");
        std::string bytes(status.size, '\0');
        auto read = zip_source_read(source_, bytes.data(), bytes.size());
        zip_source_close(source_);
        if (read != static_cast<zip_int64_t>(bytes.size()))
            throw std::runtime_error("libzip can't read the archive");
        return bytes;
    }

  private:
    zip_source_t* source_ = nullptr;
    zip_t* archive_ = nullptr;
};

using Cms = std::unique_ptr<CMS_ContentInfo, FreeWith<CMS_ContentInfo_free>>;
using Time = std::unique_ptr<ASN1_TIME, FreeWith<ASN1_STRING_free>>;

}  // namespace

struct Apple::Keys {
    Certificate certificate;
    PrivateKey key;
    Certificate issuer;
    std::string pass_type, team, organization;

    // Detached PKCS#7 (RFC 5652), DER. The signing time is ours, not that of OpenSSL's clock.
    [[nodiscard]] std::string sign(const std::string& content, Instant now) const {
        constexpr unsigned flags = CMS_DETACHED | CMS_BINARY | CMS_PARTIAL | CMS_NOSMIMECAP;
        auto input = bio_of(content);
        Cms cms{CMS_sign(nullptr, nullptr, nullptr, nullptr, flags)};
        require(cms != nullptr, "OpenSSL can't sign");
        auto* signer = CMS_add1_signer(cms.get(), certificate.get(), key.get(), EVP_sha256(), flags);
        Time time{ASN1_TIME_set(nullptr, now.milliseconds / 1000)};
        require(
            signer && time &&
                CMS_signed_add1_attr_by_NID(signer, NID_pkcs9_signingTime, time->type, time.get(), -1) == 1 &&
                CMS_add1_cert(cms.get(), issuer.get()) == 1 &&
                CMS_final(cms.get(), input.get(), nullptr, flags) == 1,
            "OpenSSL can't sign");
        Bio output{BIO_new(BIO_s_mem())};
        require(output && i2d_CMS_bio(output.get(), cms.get()) == 1, "OpenSSL can't write a signature");
        char* bytes = nullptr;
        auto size = BIO_get_mem_data(output.get(), &bytes);
        return {bytes, static_cast<std::size_t>(size)};
    }
};

Apple::Apple(const std::string& certificate, const std::string& key, const std::string& issuer)
    : keys_([&] {
          auto keys = std::make_unique<Keys>(read_certificate(certificate), read_private_key(key),
                                             read_certificate(issuer), "", "", "");
          require(X509_check_private_key(keys->certificate.get(), keys->key.get()) == 1,
                  "the key is not that of the certificate");
          require(X509_check_issued(keys->issuer.get(), keys->certificate.get()) == X509_V_OK,
                  "the certificate was not issued by the issuer's");
          keys->pass_type = subject(keys->certificate.get(), NID_userId);
          keys->team = subject(keys->certificate.get(), NID_organizationalUnitName);
          keys->organization = subject(keys->certificate.get(), NID_organizationName);
          require(!keys->pass_type.empty() && !keys->team.empty(),
                  "the certificate is not a Pass Type ID certificate: its subject has no UID or no OU");
          return keys;
      }()) {}

Apple::~Apple() = default;

std::string Apple::file_for(const Ticket& ticket, Instant now) const {
    PassFile pass{
        .pass_type_identifier = keys_->pass_type,
        .team_identifier = keys_->team,
        .organization_name = keys_->organization,
        // A pass replaces an earlier one with the same number: those who got the ticket have another.
        .serial_number = ticket.pass.text + "." + std::to_string(ticket.generation),
        .description = "Ticket for " + ticket.title,
        .relevant_date = {},
        .barcodes = {{.message = ticket.code, .alt_text = ticket.serial}},
        .event_ticket = fields_of(ticket)};
    if (ticket.starts_at) pass.relevant_date = ticket.starts_at->to_text();
    Files files{
        {"pass.json", json::to_json(pass)}, {"icon.png", png(icon)}, {"icon@2x.png", png(icon_twice)}};
    json::Object hashes;
    for (const auto& [name, content] : files) hashes.emplace_back(name, json::Value{sha1_of(content)});
    std::string manifest;
    json::write_value(manifest, json::Value{std::move(hashes)});
    auto signature = keys_->sign(manifest, now);
    files.emplace_back("manifest.json", std::move(manifest));
    files.emplace_back("signature", std::move(signature));
    Archive archive;
    for (const auto& [name, content] : files) archive.add(name, content, now);
    return archive.close();
}

}  // namespace stagedoor::admissions::wallet
