// Metrics as Prometheus sees them: a private server scrapes every program of each shape, promtool accepts
// what they serve, and docs/metrics.md documents all of it.
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>

#include "common/json/value.hpp"
#include "fleet/fleet.hpp"
#include "testing/model/customers.hpp"
#include "testing/processes/marketplace.hpp"
#include "testing/processes/process.hpp"

namespace stagedoor::testing {
namespace {

using namespace std::chrono_literals;

const std::filesystem::path source{STAGEDOOR_SOURCE};
const auto observability = source / "deploy" / "observability";

Ended promtool(const std::vector<std::string>& arguments) { return run("/usr/bin/promtool", arguments); }

std::string replaced(std::string text, const std::string& word, const std::string& by) {
    auto at = text.find(word);
    if (at == std::string::npos) throw std::runtime_error("no " + word + " in:\n" + text);
    return text.replace(at, word.size(), by);
}

// Prometheus on a free port with our configuration and rules; reads its targets from the file `targets`.
class Prometheus {
  public:
    explicit Prometheus(const std::string& targets) {
        auto config = read_file(observability / "prometheus.yml");
        config = replaced(config, "scrape_interval: 5s", "scrape_interval: 500ms");
        config = replaced(config, "../../data-distributed/prometheus-targets.json", targets);
        config = replaced(config, "alerts.yml", (observability / "alerts.yml").string());
        std::ofstream{folder_.file("prometheus.yml")} << config;
        process_ = std::make_unique<Process>(
            "/usr/bin/prometheus",
            std::vector<std::string>{"--config.file=" + folder_.file("prometheus.yml"),
                                     "--storage.tsdb.path=" + folder_.file("data"),
                                     "--web.listen-address=127.0.0.1:" + std::to_string(port_),
                                     "--log.level=warn"},
            Variables{}, folder_.path());
        if (!becomes_true([&] { return get(port_, "/-/ready").find(" 200 OK") != std::string::npos; }, 20s,
                          20ms))
            throw std::runtime_error("prometheus did not start:\n" + process_->errors());
    }

    // "{…} => 16 @[…]" for each series.
    [[nodiscard]] std::string query(const std::string& expression) const {
        return promtool({"query", "instant", "http://127.0.0.1:" + std::to_string(port_), expression}).output;
    }
    // Waits until the result is this single number.
    void expect(const std::string& expression, int number) const {
        std::string result;
        auto matches = becomes_true(
            [&] {
                result = query(expression);
                return result.find("=> " + std::to_string(number) + " @[") != std::string::npos;
            },
            20s, 100ms);
        EXPECT_TRUE(matches) << expression << " is not " << number << " but " << result << "\n"
                             << query("up") << process_->errors();
    }

  private:
    runtime::TemporaryFolder folder_;
    std::uint16_t port_ = free_port();
    std::unique_ptr<Process> process_;
};

std::string metrics_of(std::uint16_t port) {
    auto response = get(port, "/metrics");
    auto body = response.find("\r\n\r\n");
    if (!response.starts_with("HTTP/1.1 200") || body == std::string::npos)
        throw std::runtime_error("no metrics from port " + std::to_string(port) + ": " + response);
    return response.substr(body + 4);
}

void expect_valid(const std::string& metrics, const std::string& program) {
    runtime::TemporaryFolder folder;
    std::ofstream{folder.file("metrics")} << metrics;
    auto checked =
        run("/bin/sh", {"-c", "exec /usr/bin/promtool check metrics <\"$0\"", folder.file("metrics")});
    EXPECT_EQ(checked.exit.code, 0) << program << ":\n" << checked.errors << checked.output;
    EXPECT_EQ(checked.output + checked.errors, "") << program;
}

// "name type label,label", as served, for each metric.
std::set<std::string> served_in(const std::string& text) {
    std::map<std::string, std::string> types;
    std::map<std::string, std::set<std::string>> labels;
    std::string name;
    std::istringstream lines{text};
    const std::regex label{R"re(([a-z_]+)="(?:[^"\\]|\\.)*")re"};
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with("# TYPE ")) {
            std::istringstream words{line.substr(7)};
            words >> name >> types[name];
        } else if (!line.starts_with("#")) {
            for (std::sregex_iterator each{line.begin(), line.end(), label}, end; each != end; ++each) {
                if ((*each)[1] != "le") labels[name].insert((*each)[1]);
            }
        }
    }
    std::set<std::string> all;
    for (const auto& [each, type] : types) {
        auto words = each + " " + type;
        for (const auto& one : labels[each]) words += " " + one;
        all.insert(words);
    }
    return all;
}

// The same from the tables in docs/metrics.md under one heading.
std::set<std::string> documented_under(const std::string& heading) {
    auto text = read_file(source / "docs" / "metrics.md");
    auto begin = text.find("\n## " + heading + "\n");
    std::istringstream lines{text.substr(begin + 1, text.find("\n## ", begin + 1) - begin)};
    std::set<std::string> all;
    const std::regex row{R"(\| `([a-z_]+)` \| (\w+) \| ([^|]*)\|.*)"}, word{"[a-z_]+"};
    for (std::string line; std::getline(lines, line);) {
        std::smatch parts;
        if (!std::regex_match(line, parts, row)) continue;
        auto labels = parts[3].str();
        std::set<std::string> sorted{std::sregex_token_iterator{labels.begin(), labels.end(), word}, {}};
        auto words = parts[1].str() + " " + parts[2].str();
        for (const auto& each : sorted) words += " " + each;
        all.insert(words);
    }
    return all;
}

void expect_same(const std::set<std::string>& served, const std::set<std::string>& documented) {
    for (const auto& each : served) EXPECT_TRUE(documented.contains(each)) << each << ": not documented";
    for (const auto& each : documented)
        EXPECT_TRUE(served.contains(each)) << each << ": documented but not served";
}

// One sale and one unpaid order.
void trade(const std::string& url) {
    auto seller = sign_up(url).at(url), buyer = sign_up(url).at(url);
    auto ticket = list_ticket(seller, {.quantity = 5});
    auto paid = std::string{order(buyer, {{ticket}}).expect(201).at("id")};
    pay(buyer, paid).expect(201);
    order(buyer, {{ticket, 2}}).expect(201);
    (void)Client{url}.get("/api/nowhere");
}

void expect_traded(const Prometheus& prometheus) {
    prometheus.expect("sum(stagedoor_orders_placed_total)", 2);
    prometheus.expect("sum(stagedoor_orders_completed_total)", 1);
    prometheus.expect(R"(sum(stagedoor_charges_total{outcome="succeeded"}))", 1);
    prometheus.expect(R"(sum(stagedoor_http_requests_total{method="POST",route="/api/orders",status="2xx"}))",
                      2);
    prometheus.expect("max(stagedoor_outbox_unpublished)", 0);
    prometheus.expect("max(stagedoor_dead_letters)", 0);
    prometheus.expect(R"(count(ALERTS{alertstate="firing"}) or vector(0))", 0);
}

TEST(Prometheus, accepts_our_configuration_and_rules) {
    for (const auto& words : {std::vector<std::string>{"check", "config", observability / "prometheus.yml"},
                              {"check", "rules", observability / "alerts.yml"},
                              {"test", "rules", observability / "alerts_test.yml"}}) {
        auto checked = promtool(words);
        EXPECT_EQ(checked.exit.code, 0) << words.back() << "\n" << checked.output << checked.errors;
    }
}

// Renaming a metric would leave behind an alert that never fires.
TEST(Prometheus, alerts_and_dashboard_use_only_documented_metrics) {
    std::set<std::string> documented;
    for (const auto* heading : {"Every shape", "A process per service", "Nodes", "With TLS"}) {
        for (const auto& each : documented_under(heading)) {
            documented.insert(each.substr(0, each.find(' ')));
            if (each.find(" histogram") == std::string::npos) continue;
            for (const auto* part : {"_bucket", "_sum", "_count"})
                documented.insert(each.substr(0, each.find(' ')) + part);
        }
    }
    const std::regex name{"\\b(stagedoor|process)_[a-z_]+"};
    for (const auto* file : {"alerts.yml", "alerts_test.yml", "dashboard.json"}) {
        auto text = read_file(observability / file);
        auto used = std::set<std::string>{std::sregex_token_iterator{text.begin(), text.end(), name}, {}};
        EXPECT_FALSE(used.empty()) << file;
        for (const auto& each : used) EXPECT_TRUE(documented.contains(each)) << file << ": " << each;
    }
    EXPECT_TRUE(json::parse(read_file(observability / "dashboard.json")));
}

TEST(Prometheus, scrapes_the_single_process) {
    auto marketplace = make_one_process({});
    marketplace->start();
    runtime::TemporaryFolder folder;
    std::ofstream{folder.file("targets.json")} << R"([{"targets":["127.0.0.1:)" << marketplace->admin_port()
                                               << R"("]}])";
    Prometheus prometheus{folder.file("targets.json")};
    prometheus.expect(R"(count(up{job="stagedoor"} == 1))", 1);
    trade(marketplace->base_url());
    expect_traded(prometheus);
    prometheus.expect("time() - process_start_time_seconds < bool 3600", 1);
    auto metrics = metrics_of(marketplace->admin_port());
    expect_valid(metrics, "stagedoor");
    expect_same(served_in(metrics), documented_under("Every shape"));
    EXPECT_EQ(marketplace->stop(), 0);
    prometheus.expect("up", 0);
}

TEST(Prometheus, accepts_the_metrics_of_every_node) {
    auto marketplace = make_nodes({});
    marketplace->start();
    trade(marketplace->base_url());
    auto metrics = metrics_of(marketplace->admin_port());
    expect_valid(metrics, "stagedoor node");
    auto documented = documented_under("Every shape");
    for (const auto* heading : {"A process per service", "Nodes"})
        documented.merge(documented_under(heading));
    std::erase_if(documented, [](const std::string& each) { return each.starts_with("stagedoor_peer_"); });
    expect_same(served_in(metrics), documented);
    EXPECT_EQ(marketplace->stop(), 0);
}

TEST(Prometheus, scrapes_every_replica_of_every_service) {
    runtime::TemporaryFolder folder;
    fleet::Fleet fleet{{.folder = folder.file("data"),
                        .programs = std::filesystem::path{stagedoor_program()}.parent_path(),
                        .tls = true,
                        .environment = {{"STAGEDOOR_LOG_LEVEL", "warning"}}}};
    fleet.start_servers();
    fleet.launch_services();
    fleet.await_ready(60s);
    Prometheus prometheus{folder.file("data/prometheus-targets.json")};
    prometheus.expect(R"(count(up{job="stagedoor"} == 1))", 16);
    prometheus.expect(R"(count(count by (copy) (up)))", 16);
    trade(fleet.url());
    expect_traded(prometheus);
    std::set<std::string> served;
    for (auto& replica : fleet.replicas()) {
        auto metrics = metrics_of(replica->admin_port());
        expect_valid(metrics, replica->name());
        served.merge(served_in(metrics));
    }
    auto documented = documented_under("Every shape");
    for (const auto* heading : {"A process per service", "With TLS"})
        documented.merge(documented_under(heading));
    expect_same(served, documented);
    EXPECT_EQ(fleet.stop_services(20s), 0);
    fleet.stop_servers();
}

}  // namespace
}  // namespace stagedoor::testing
