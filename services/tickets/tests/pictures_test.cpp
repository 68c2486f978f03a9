#include "services/tickets/store/pictures.hpp"

#include "services/tickets/tests/tickets_test.hpp"

namespace stagedoor::tickets {

struct Pictures : TicketsTest {
    testing::Response send_picture(const std::string& user = "seller",
                                   std::string body = "picture of a stage") {
        return tickets.as(user)
            .with("Content-Type", "image/jpeg")
            .post("/api/tickets/pictures", std::move(body));
    }
    std::string upload(const std::string& user = "seller") {
        tickets.clock.advance(std::chrono::milliseconds{1});
        return send_picture(user).expect(201).at("id");
    }
    std::string with_picture(const std::string& id) { return R"(,"picture":")" + id + R"(")"; }
    std::string edit(const std::string& picture) {
        return R"({"title":"Edited","price":10)" + (picture.empty() ? "" : with_picture(picture)) + "}";
    }
    testing::Response show(const std::string& id, const std::string& file = "480.webp") {
        return tickets.get("/api/tickets/pictures/" + id + "/" + file);
    }
    Task<> delete_rows() {
        co_await tickets.database().write([](sql::Tx& tx) { tx.send("DELETE FROM pictures"); });
    }
    // A month later, until so many pictures are left.
    void let_a_month_pass_until_left(std::int64_t count) {
        tickets.clock.advance(std::chrono::days{32});
        testing::eventually([&] {
            tickets.clock.advance(std::chrono::minutes{10});
            return tickets.number("SELECT count(*) FROM pictures") == count;
        });
    }
};

TEST_F(Pictures, are_uploaded_put_on_a_listing_and_served) {
    auto uploaded = send_picture().expect(201);
    auto id = uploaded.at("id");
    EXPECT_EQ(uploaded.at("width"), "1200");
    EXPECT_EQ(uploaded.at("height"), "800");

    auto listing = create_listing("With a picture", with_picture(id));

    auto shown = tickets.get("/api/tickets/" + listing).expect(200);
    EXPECT_EQ(shown.at("picture"), id);
    EXPECT_EQ(shown.at("pictureWidth"), "1200");
    EXPECT_EQ(shown.at("pictureHeight"), "800");
    EXPECT_EQ(tickets.published<contracts::TicketCreated>().at(0).picture, id);
    auto file = show(id).expect(200);
    EXPECT_EQ(file.body, "picture of a stage 480.webp");
    EXPECT_EQ(file.header("Content-Type"), "image/webp");
    EXPECT_EQ(file.header("Cache-Control"), "public, max-age=31536000, immutable");
    EXPECT_EQ(file.header("Content-Security-Policy"), "default-src 'none'; sandbox");
    EXPECT_EQ(show(id, "1200.avif").expect(200).header("Content-Type"), "image/avif");
    EXPECT_EQ(show(id, "preview.jpg").expect(200).header("Content-Type"), "image/jpeg");
}

TEST_F(Pictures, have_no_other_files) {
    auto id = upload();
    for (const auto* file : {"480.svg", "480", "original", "481.jpg", "..%5c480.jpg", "480.jpg.new"})
        show(id, file).expect(404);
    show("019b0000-0000-7000-8000-000000000000").expect(404);
}

TEST_F(Pictures, are_for_those_who_are_signed_in) {
    tickets.post("/api/tickets/pictures", "picture").expect(401);
    EXPECT_TRUE(tickets.pictures.ids().empty());
}

TEST_F(Pictures, may_be_large_for_those_who_are_signed_in) {
    auto limit_of = [&](const std::string& target, const std::string& token) {
        http::Request head{.method = http::Method::post};
        EXPECT_TRUE(head.set_target(target));
        head.headers.add("Authorization", "Bearer " + token);
        return tickets.host().body_limit(head).value_or(0);
    };
    auto token = tickets.token(tickets.claims("seller"));
    EXPECT_EQ(limit_of("/api/tickets/pictures", token), 10u * 1024 * 1024);
    EXPECT_EQ(limit_of("/api/tickets", token), 0u);
    EXPECT_EQ(limit_of("/api/tickets/pictures", "forged"), 0u);
    tickets.clock.advance(std::chrono::hours{25});
    EXPECT_EQ(limit_of("/api/tickets/pictures", token), 0u) << "the session has ended";
}

TEST_F(Pictures, that_cannot_be_read_are_rejected) {
    send_picture("seller", "a page").expect(400, "can't be read").expect_field("picture");
    EXPECT_EQ(tickets.number("SELECT count(*) FROM pictures"), 0);
}

TEST_F(Pictures, wait_for_a_free_renderer) {
    tickets.renderer.busy = true;
    EXPECT_EQ(send_picture().expect(503).header("Retry-After"), "1");
}

TEST_F(Pictures, are_limited_per_seller_and_hour) {
    for (int i = 0; i < 30; ++i) upload();
    send_picture().expect(429);
    send_picture("other").expect(201);
}

// Whatever fails in between, nobody gets the id of a picture that isn't there, and nothing is left of it.
// As after a crash in between.
TEST_F(Pictures, that_are_half_stored_cannot_be_taken_and_are_deleted) {
    const std::string id = "019b0000-0000-7000-8000-000000000000";
    tickets.write([&](sql::Tx& tx) { store::add_picture(tx, UserId{"seller"}, {id, 1200, 800}); });
    tickets.pictures.files[id + "/480.jpg"] = "the first of seven";
    tickets.as("seller")
        .post("/api/tickets", R"({"title":"Early","price":10)" + with_picture(id) + "}")
        .expect(400)
        .expect_field("picture");

    let_a_month_pass_until_left(0);

    EXPECT_TRUE(tickets.pictures.ids().empty());
}

TEST_F(Pictures, that_cannot_be_stored_are_deleted_at_once) {
    tickets.pictures.fails = true;
    send_picture().expect(503);
    EXPECT_EQ(tickets.number("SELECT count(*) FROM pictures WHERE state = 'deleting'"), 1);
    tickets.pictures.fails = false;
    testing::eventually([&] {
        tickets.clock.advance(std::chrono::minutes{1});
        return tickets.number("SELECT count(*) FROM pictures") == 0;
    });
    EXPECT_TRUE(tickets.pictures.ids().empty());
}

TEST_F(Pictures, of_others_cannot_be_taken) {
    auto theirs = upload("other");
    tickets.as("seller")
        .post("/api/tickets", R"({"title":"Mine","price":10)" + with_picture(theirs) + "}")
        .expect(400, "no longer there")
        .expect_field("picture");
    auto mine = create_listing("Mine");
    tickets.as("seller").put("/api/tickets/" + mine, edit(theirs)).expect(400).expect_field("picture");
    tickets.as("seller").put("/api/tickets/" + mine, edit("nonsense")).expect(400).expect_field("picture");
    EXPECT_EQ(tickets.get("/api/tickets/" + mine).at("title"), "Mine");
}

TEST_F(Pictures, are_replaced_and_removed_by_edits) {
    auto first = upload(), second = upload();
    auto listing = create_listing("A play", with_picture(first));
    auto edited = tickets.as("seller").put("/api/tickets/" + listing, edit(second)).expect(200);
    EXPECT_EQ(edited.at("picture"), second);
    EXPECT_EQ(tickets.published<contracts::TicketUpdated>().at(0).picture, second);
    edited = tickets.as("seller").put("/api/tickets/" + listing, edit("")).expect(200);
    EXPECT_EQ(edited.at("picture"), "");
    EXPECT_EQ(edited.at("pictureWidth"), "");
}

TEST_F(Pictures, stay_when_an_admin_edits_the_listing) {
    auto id = upload();
    auto listing = create_listing("A play", with_picture(id));
    auto admin = tickets.as("admin", {"admin"});
    EXPECT_EQ(admin.put("/api/tickets/" + listing, edit(id)).expect(200).at("picture"), id);
    auto others = upload("somebody");
    admin.put("/api/tickets/" + listing, edit(others)).expect(400).expect_field("picture");
    auto own = upload("admin");
    EXPECT_EQ(admin.put("/api/tickets/" + listing, edit(own)).expect(200).at("picture"), own);
}

TEST_F(Pictures, are_deleted_when_no_listing_has_them_and_a_draft_would_be_gone) {
    auto used = upload(), unused = upload(), removed = upload();
    create_listing("Keeps it", with_picture(used));
    auto listing = create_listing("Drops it", with_picture(removed));
    tickets.as("seller").put("/api/tickets/" + listing, edit("")).expect(200);
    tickets.clock.advance(std::chrono::days{30});
    auto fresh = upload();

    EXPECT_EQ(tickets.pictures.ids(), (std::set{used, unused, removed, fresh}));
    let_a_month_pass_until_left(1);

    EXPECT_EQ(tickets.pictures.ids(), std::set{used});
    show(unused).expect(404);
    show(used).expect(200);
}

TEST_F(Pictures, that_are_being_deleted_cannot_be_taken) {
    auto id = upload();
    tickets.write([&](sql::Tx& tx) { tx.send("UPDATE pictures SET state = 'deleting' WHERE id = $1", id); });
    tickets.as("seller")
        .post("/api/tickets", R"({"title":"Late","price":10)" + with_picture(id) + "}")
        .expect(400)
        .expect_field("picture");
}

// Killed after it was marked, or between its files: deletion goes on.
TEST_F(Pictures, are_deleted_after_a_crash_in_between) {
    auto id = upload();
    tickets.write([&](sql::Tx& tx) { tx.send("UPDATE pictures SET state = 'deleting' WHERE id = $1", id); });
    tickets.pictures.files.erase(id + "/480.webp");
    tickets.restart();
    testing::eventually([&] { return tickets.number("SELECT count(*) FROM pictures") == 0; });
    EXPECT_TRUE(tickets.pictures.ids().empty());
}

// Such as after a month.
TEST_F(Pictures, that_are_deleted_while_they_are_uploaded_leave_nothing) {
    tickets.pictures.during_put = [this] { return delete_rows(); };
    send_picture().expect(503);
    testing::eventually([&] { return tickets.number("SELECT count(*) FROM pictures") == 0; });
    EXPECT_TRUE(tickets.pictures.ids().empty());
}

TEST_F(Pictures, that_are_deleted_while_they_are_uploaded_and_cannot_be_removed_are_removed_later) {
    tickets.pictures.during_put = [this] { return delete_rows(); };
    tickets.pictures.keeps_files = true;
    send_picture().expect(503);
    EXPECT_EQ(tickets.number("SELECT count(*) FROM pictures WHERE state = 'deleting'"), 1);
    tickets.pictures.keeps_files = false;
    testing::eventually([&] {
        tickets.clock.advance(std::chrono::minutes{1});
        return tickets.number("SELECT count(*) FROM pictures") == 0;
    });
    EXPECT_TRUE(tickets.pictures.ids().empty());
}

TEST_F(Pictures, are_closed_at_the_end) {
    EXPECT_FALSE(tickets.pictures.closed);
    tickets.restart();
    EXPECT_TRUE(tickets.pictures.closed);
}

TEST_F(Pictures, stay_marked_until_all_files_are_gone) {
    auto id = upload();
    tickets.write([&](sql::Tx& tx) { tx.send("UPDATE pictures SET state = 'deleting' WHERE id = $1", id); });
    tickets.pictures.fails = true;
    tickets.restart();
    EXPECT_EQ(tickets.number("SELECT count(*) FROM pictures"), 1);
    tickets.pictures.fails = false;
    testing::eventually([&] {
        tickets.clock.advance(std::chrono::minutes{1});
        return tickets.number("SELECT count(*) FROM pictures") == 0;
    });
}

}  // namespace stagedoor::tickets
