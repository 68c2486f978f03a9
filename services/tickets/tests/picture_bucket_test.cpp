// Two replicas of tickets that keep their pictures in one bucket.
#include "common/runtime/log.hpp"
#include "services/tickets/settings.hpp"
#include "services/tickets/store/pictures.hpp"
#include "services/tickets/tests/tickets_test.hpp"
#include "testing/servers/s3_server.hpp"

namespace stagedoor::tickets {

struct PictureBucket : ::testing::Test {
    static Settings with(const std::string& url, const std::string& key) {
        Settings own;
        own.pictures_s3_url = url;
        own.pictures_s3_region = testing::S3Server::region;
        own.pictures_s3_access_key = testing::S3Server::access_key;
        own.pictures_s3_secret_key = key;
        return own;
    }
    static testing::Response upload(ServiceTest& tickets) {
        return tickets.as("seller")
            .with("Content-Type", "image/jpeg")
            .post("/api/tickets/pictures", "picture of a stage");
    }

    testing::S3Server bucket;
    Settings own = with(bucket.bucket_url(), bucket.secret_key);
};

TEST_F(PictureBucket, serves_at_one_replica_what_was_uploaded_at_the_other) {
    ServiceTest one{make_service, own}, other{make_service, own};

    auto id = upload(one).expect(201).at("id");
    other.write([&](sql::Tx& tx) {  // whose database would be the same
        store::add_picture(tx, UserId{"seller"}, {id, 1200, 800});
        ASSERT_TRUE(store::finish_picture(tx, UserId{"seller"}, {id, 1200, 800}));
    });

    for (auto* replica : {&one, &other}) {
        auto file = replica->get("/api/tickets/pictures/" + id + "/480.webp").expect(200);
        EXPECT_EQ(file.body, "picture of a stage 480.webp");
        EXPECT_EQ(file.header("Content-Type"), "image/webp");
        replica->get("/api/tickets/pictures/019b0000-0000-7000-8000-000000000000/480.webp").expect(404);
    }
}

TEST_F(PictureBucket, loses_the_files_of_unused_pictures) {
    ServiceTest tickets{make_service, own};
    auto id = upload(tickets).expect(201).at("id");
    tickets.clock.advance(std::chrono::days{32});
    testing::eventually([&] {
        tickets.clock.advance(std::chrono::minutes{10});
        return tickets.number("SELECT count(*) FROM pictures") == 0;
    });
    tickets.get("/api/tickets/pictures/" + id + "/480.webp").expect(404);
}

TEST_F(PictureBucket, says_at_the_start_what_is_wrong_with_it) {
    auto logged_at_start = [&](const Settings& settings) {
        log::start(log::Level::warning);
        ::testing::internal::CaptureStderr();
        ServiceTest tickets{make_service, settings};
        return ::testing::internal::GetCapturedStderr();
    };
    EXPECT_EQ(logged_at_start(own), "");
    auto wrong = logged_at_start(with(bucket.bucket_url(), "another s3cret"));
    EXPECT_NE(wrong.find("STAGEDOOR_PICTURES_S3_SECRET_KEY"), std::string::npos) << wrong;
}

TEST_F(PictureBucket, is_unavailable_with_a_wrong_key_and_without_a_server) {
    for (const auto& wrong : {with(bucket.bucket_url(), "another s3cret"),
                              with("http://127.0.0.1:1/pictures", bucket.secret_key)}) {
        ServiceTest tickets{make_service, wrong};
        const std::string unknown = "019b0000-0000-7000-8000-000000000000";
        EXPECT_EQ(upload(tickets).expect(503).header("Retry-After"), "5");
        tickets.get("/api/tickets/pictures/" + unknown + "/480.webp").expect(404);
        tickets.write([&](sql::Tx& tx) {
            store::add_picture(tx, UserId{"seller"}, {unknown, 1200, 800});
            ASSERT_TRUE(store::finish_picture(tx, UserId{"seller"}, {unknown, 1200, 800}));
        });
        tickets.get("/api/tickets/pictures/" + unknown + "/480.webp").expect(503);
    }
}

}  // namespace stagedoor::tickets
