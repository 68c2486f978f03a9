#include "simulation/world/disk.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <cstring>
#include <stdexcept>

#include "common/runtime/mutation.hpp"

namespace stagedoor::simulation {
namespace {

constexpr std::size_t sector = 512;  // written atomically
constexpr double read_failure = 0.02;

Disks* mounted = nullptr;  // SQLite has one default file system per program

// While one exists, no read fails.
struct ReadsWithoutErrors {
    ReadsWithoutErrors() { mounted->suppress_read_errors = true; }
    ~ReadsWithoutErrors() { mounted->suppress_read_errors = false; }
    ReadsWithoutErrors(const ReadsWithoutErrors&) = delete;
    ReadsWithoutErrors& operator=(const ReadsWithoutErrors&) = delete;
};

// An open file, as SQLite's sqlite3_file.
struct OpenFile {
    sqlite3_file base;
    Disk* disk;
    std::uint64_t mount;
    std::string* path;  // empty: a temporary file
    std::shared_ptr<Disk::File>* content;

    [[nodiscard]] bool is_stale() const { return mount != disk->mounts; }
    [[nodiscard]] bool is_temporary() const { return path->empty(); }
    [[nodiscard]] Disk::File& file() const { return **content; }
};
OpenFile& opened(sqlite3_file* file) { return *reinterpret_cast<OpenFile*>(file); }

void overwrite(std::string& content, std::size_t at, std::string_view bytes) {
    if (content.size() < at + bytes.size()) content.resize(at + bytes.size());
    std::ranges::copy(bytes, content.begin() + static_cast<std::ptrdiff_t>(at));
}

int close(sqlite3_file* file) {
    if (!opened(file).is_stale()) --opened(file).disk->open_count[*opened(file).path];
    delete opened(file).path;
    delete opened(file).content;
    return SQLITE_OK;
}

int read(sqlite3_file* file, void* to, int size, sqlite3_int64 at) {
    auto& open = opened(file);
    if (open.is_stale()) return SQLITE_IOERR_READ;
    auto may_fail = open.disk->read_errors && !mounted->suppress_read_errors;
    if (may_fail && mounted->world().chance(read_failure)) return SQLITE_IOERR_READ;
    const auto& content = open.file().content;
    auto begin = std::min(static_cast<std::size_t>(at), content.size());
    auto count = std::min(static_cast<std::size_t>(size), content.size() - begin);
    std::memcpy(to, content.data() + begin, count);
    if (count == static_cast<std::size_t>(size)) return SQLITE_OK;
    std::memset(static_cast<char*>(to) + count, 0, static_cast<std::size_t>(size) - count);
    return SQLITE_IOERR_SHORT_READ;
}

int write(sqlite3_file* file, const void* from, int size, sqlite3_int64 at) {
    auto& open = opened(file);
    if (open.is_stale()) return SQLITE_IOERR_WRITE;
    auto& all = open.file();
    auto begin = static_cast<std::size_t>(at);
    std::string_view bytes{static_cast<const char*>(from), static_cast<std::size_t>(size)};
    if (open.disk->full && begin + bytes.size() > all.content.size()) return SQLITE_FULL;
    overwrite(all.content, begin, bytes);
    ++open.disk->changes;
    if (!open.is_temporary()) all.add_unsynced(begin, bytes);
    return SQLITE_OK;
}

int truncate(sqlite3_file* file, sqlite3_int64 size) {
    auto& open = opened(file);
    if (open.is_stale()) return SQLITE_IOERR_TRUNCATE;
    auto& all = open.file();
    all.content.resize(static_cast<std::size_t>(size));
    ++open.disk->changes;
    all.truncated_to = static_cast<std::size_t>(size);
    return SQLITE_OK;
}

int sync(sqlite3_file* file, int) {
    auto& open = opened(file);
    if (open.is_stale()) return SQLITE_IOERR_FSYNC;
    auto& disk = *open.disk;
    if (disk.power_fails_at_fsync) {
        disk.on_power_failure();
        return SQLITE_IOERR_FSYNC;
    }
    auto& all = open.file();
    // A restarted WAL must sync its new header before it overwrites old frames, or these would become valid
    // again.
    auto is_header = !all.unsynced.empty() && all.unsynced.back().at == 0;
    if (disk.ignores_fsync || runtime::mutated(Mutation::fsync_ignored)) return SQLITE_OK;
    if (disk.relaxed_durability && !is_header) return SQLITE_OK;
    if (all.truncated_to) {
        all.synced = all.content;
    } else {
        for (const auto& each : all.unsynced) overwrite(all.synced, each.at, all.bytes_of(each));
    }
    all.forget_unsynced();
    return SQLITE_OK;
}

int file_size(sqlite3_file* file, sqlite3_int64* size) {
    if (opened(file).is_stale()) return SQLITE_IOERR_FSTAT;
    *size = static_cast<sqlite3_int64>(opened(file).file().content.size());
    return SQLITE_OK;
}

// Connections never run at once, so a lock only has to say whether the file is open elsewhere: the last one
// to close it removes the WAL.
int lock(sqlite3_file* file, int level) {
    auto& open = opened(file);
    if (open.is_stale()) return SQLITE_IOERR_LOCK;
    return level == SQLITE_LOCK_EXCLUSIVE && open.disk->open_count[*open.path] > 1 ? SQLITE_BUSY : SQLITE_OK;
}
int unlock(sqlite3_file*, int) { return SQLITE_OK; }
int is_reserved(sqlite3_file*, int* result) {
    *result = 0;
    return SQLITE_OK;
}
int shared_lock(sqlite3_file*, int, int, int) { return SQLITE_OK; }
void shared_barrier(sqlite3_file*) {}

int control(sqlite3_file*, int, void*) { return SQLITE_NOTFOUND; }
int sector_size(sqlite3_file*) { return sector; }
int device(sqlite3_file*) { return SQLITE_IOCAP_POWERSAFE_OVERWRITE; }

int shared_map(sqlite3_file* file, int region, int size, int extend, void volatile** memory) {
    auto& open = opened(file);
    *memory = nullptr;
    if (open.is_stale()) return SQLITE_IOERR_SHMMAP;
    auto& regions = open.disk->shared[*open.path];
    while (std::cmp_less_equal(regions.size(), region)) {
        if (!extend) return SQLITE_OK;
        regions.push_back(std::make_unique<char[]>(static_cast<std::size_t>(size)));
    }
    *memory = regions[static_cast<std::size_t>(region)].get();
    return SQLITE_OK;
}

int shared_unmap(sqlite3_file* file, int remove) {
    auto& open = opened(file);
    if (remove && !open.is_stale()) open.disk->shared.erase(*open.path);
    return SQLITE_OK;
}

const sqlite3_io_methods methods{
    .iVersion = 2,
    .xClose = close,
    .xRead = read,
    .xWrite = write,
    .xTruncate = truncate,
    .xSync = sync,
    .xFileSize = file_size,
    .xLock = lock,
    .xUnlock = unlock,
    .xCheckReservedLock = is_reserved,
    .xFileControl = control,
    .xSectorSize = sector_size,
    .xDeviceCharacteristics = device,
    .xShmMap = shared_map,
    .xShmLock = shared_lock,
    .xShmBarrier = shared_barrier,
    .xShmUnmap = shared_unmap,
    .xFetch = nullptr,
    .xUnfetch = nullptr,
};

int open(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* flags_out) {
    auto& result = opened(file);
    std::string path = name ? name : "";
    auto& disk = mounted->disk_of_file(path);
    result = {};
    if (name && !(flags & SQLITE_OPEN_CREATE) && !disk.files.contains(path)) return SQLITE_CANTOPEN;
    result.base.pMethods = &methods;
    result.disk = &disk;
    result.mount = disk.mounts;
    result.path = new std::string{path};
    result.content = new std::shared_ptr{name ? disk.file(path) : std::make_shared<Disk::File>()};
    ++disk.open_count[path];
    if (flags_out) *flags_out = flags;
    return SQLITE_OK;
}

// A removal survives a power cut: file systems journal such changes in order.
int remove(sqlite3_vfs*, const char* name, int) {
    auto& disk = mounted->disk_of_file(name);
    disk.files.erase(name);
    ++disk.changes;
    return SQLITE_OK;
}

int access(sqlite3_vfs*, const char* name, int, int* result) {
    *result = mounted->disk_of_file(name).files.contains(name) ? 1 : 0;
    return SQLITE_OK;
}

int full_path(sqlite3_vfs*, const char* name, int size, char* out) {
    sqlite3_snprintf(size, out, "%s", name);
    return SQLITE_OK;
}

int randomness(sqlite3_vfs*, int size, char* out) {
    for (int i = 0; i < size; ++i) out[i] = static_cast<char>(mounted->world().below(256));
    return size;
}

int sleep(sqlite3_vfs*, int microseconds) { return microseconds; }

int current_time_ms(sqlite3_vfs*, sqlite3_int64* time) {
    constexpr sqlite3_int64 julian_1970_ms = 210'866'760'000'000;
    *time = julian_1970_ms + mounted->world().time().milliseconds;
    return SQLITE_OK;
}

int current_time(sqlite3_vfs* vfs, double* days) {
    sqlite3_int64 milliseconds = 0;
    current_time_ms(vfs, &milliseconds);
    *days = static_cast<double>(milliseconds) / 86'400'000.0;
    return SQLITE_OK;
}

int last_error(sqlite3_vfs*, int, char*) { return 0; }

sqlite3_vfs file_system{
    .iVersion = 2,
    .szOsFile = sizeof(OpenFile),
    .mxPathname = 512,
    .pNext = nullptr,
    .zName = "simulated",
    .pAppData = nullptr,
    .xOpen = open,
    .xDelete = remove,
    .xAccess = access,
    .xFullPathname = full_path,
    .xDlOpen = nullptr,
    .xDlError = nullptr,
    .xDlSym = nullptr,
    .xDlClose = nullptr,
    .xRandomness = randomness,
    .xSleep = sleep,
    .xCurrentTime = current_time,
    .xGetLastError = last_error,
    .xCurrentTimeInt64 = current_time_ms,
    .xSetSystemCall = nullptr,
    .xGetSystemCall = nullptr,
    .xNextSystemCall = nullptr,
};

std::string content_after_power_cut(World& world, const Disk::File& file) {
    // File systems journal truncations in order: if this one survives, so does everything before it.
    if (file.truncated_to && world.chance(0.5)) return file.content;
    auto remaining = file.synced;
    for (const auto& each : file.unsynced) {
        auto outcome = world.below(3);
        if (outcome == 0) continue;
        auto bytes = file.bytes_of(each);
        if (outcome == 1) bytes = bytes.substr(0, world.below(bytes.size() / sector + 1) * sector);
        overwrite(remaining, each.at, bytes);
    }
    return remaining;
}

}  // namespace

Disks::Disks(World& world) : world_(world) {
    mounted = this;
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);  // the driver sets it too, but by then it is too late
    sqlite3_vfs_register(&file_system, 1);
    sqlite3_randomness(0, nullptr);  // reseeds from this world
}

Disks::~Disks() {
    sqlite3_vfs_unregister(&file_system);
    mounted = nullptr;
}

Disk& Disks::disk_of_file(const std::string& path) {
    auto end = path.find('/', 1);
    return disk_of(path.empty() ? "" : path.substr(1, end - 1));
}

void Disks::cut_power(const std::string& machine) {
    auto& disk = disk_of(machine);
    ++disk.mounts;
    ++disk.changes;
    for (auto& [path, memory] : disk.shared) disk.detached.push_back(std::move(memory));
    disk.shared.clear();
    disk.open_count.clear();
    disk.power_fails_at_fsync = false;
    for (auto& [path, file] : disk.files) {
        file->content = content_after_power_cut(world_, *file);
        file->synced = file->content;
        file->forget_unsynced();
    }
}

struct DirectReader::Connection {
    sqlite3* handle = nullptr;
    std::map<std::string, sqlite3_stmt*> statements;
};

DirectReader::DirectReader(std::string path) : connection_(std::make_unique<Connection>()) {
    ReadsWithoutErrors scope;
    if (sqlite3_open_v2(path.c_str(), &connection_->handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX,
                        nullptr) != SQLITE_OK)
        throw std::runtime_error("can't open " + path);
}

DirectReader::~DirectReader() {
    for (auto& [text, statement] : connection_->statements) sqlite3_finalize(statement);
    sqlite3_close_v2(connection_->handle);
}

std::vector<std::vector<std::optional<std::string>>> DirectReader::query(
    const std::string& text, const std::vector<std::string>& parameters) {
    ReadsWithoutErrors scope;
    auto& statement = connection_->statements[text];
    int code = SQLITE_OK;
    if (!statement) code = sqlite3_prepare_v2(connection_->handle, text.c_str(), -1, &statement, nullptr);
    for (std::size_t i = 0; code == SQLITE_OK && i < parameters.size(); ++i)
        code = sqlite3_bind_text(statement, static_cast<int>(i + 1), parameters[i].data(),
                                 static_cast<int>(parameters[i].size()), SQLITE_STATIC);
    std::vector<std::vector<std::optional<std::string>>> rows;
    while (code == SQLITE_OK || code == SQLITE_ROW) {
        code = sqlite3_step(statement);
        if (code != SQLITE_ROW) continue;
        auto& row = rows.emplace_back();
        for (int i = 0; i < sqlite3_column_count(statement); ++i) {
            const auto* column = reinterpret_cast<const char*>(sqlite3_column_text(statement, i));
            row.push_back(column ? std::optional<std::string>{column} : std::nullopt);
        }
    }
    auto message = code == SQLITE_DONE ? "" : std::string{sqlite3_errmsg(connection_->handle)};
    sqlite3_reset(statement);
    if (code != SQLITE_DONE) throw std::runtime_error(message + " in: " + text);
    return rows;
}

}  // namespace stagedoor::simulation
