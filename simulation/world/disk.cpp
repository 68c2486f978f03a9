#include "simulation/world/disk.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <cstring>
#include <new>
#include <stdexcept>

namespace stagedoor::simulation {
namespace {

constexpr std::size_t sector = 512;  // is written whole or not at all
constexpr double read_failure = 0.02;

Disks* mounted = nullptr;  // SQLite's default file system is one for the program

// As long as it lives, no read fails.
struct LookingBeside {
    LookingBeside() { mounted->is_looked_at_beside = true; }
    ~LookingBeside() { mounted->is_looked_at_beside = false; }
    LookingBeside(const LookingBeside&) = delete;
    LookingBeside& operator=(const LookingBeside&) = delete;
};

// What SQLite holds of an open file.
struct OpenFile {
    sqlite3_file base;
    Disk* disk;
    std::uint64_t mount;
    std::string* path;  // empty: a file that goes when it is closed
    Disk::File* own;

    [[nodiscard]] bool is_cut_off() const { return mount != disk->mounts; }
    [[nodiscard]] Disk::File& file() const { return own ? *own : disk->files[*path]; }
};
OpenFile& of(sqlite3_file* file) { return *reinterpret_cast<OpenFile*>(file); }

void put(std::string& content, std::size_t at, std::string_view bytes) {
    if (content.size() < at + bytes.size()) content.resize(at + bytes.size());
    std::ranges::copy(bytes, content.begin() + static_cast<std::ptrdiff_t>(at));
}

int close(sqlite3_file* file) {
    if (!of(file).is_cut_off()) --of(file).disk->openers[*of(file).path];
    delete of(file).path;
    delete of(file).own;
    return SQLITE_OK;
}

int read(sqlite3_file* file, void* to, int size, sqlite3_int64 at) {
    auto& open = of(file);
    if (open.is_cut_off()) return SQLITE_IOERR_READ;
    auto may_fail = open.disk->fails_to_read && !mounted->is_looked_at_beside;
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
    auto& open = of(file);
    if (open.is_cut_off()) return SQLITE_IOERR_WRITE;
    auto& all = open.file();
    auto begin = static_cast<std::size_t>(at);
    std::string_view bytes{static_cast<const char*>(from), static_cast<std::size_t>(size)};
    if (open.disk->full && begin + bytes.size() > all.content.size()) return SQLITE_FULL;
    put(all.content, begin, bytes);
    if (!open.own) all.since.push_back({begin, std::string{bytes}});
    return SQLITE_OK;
}

int truncate(sqlite3_file* file, sqlite3_int64 size) {
    auto& open = of(file);
    if (open.is_cut_off()) return SQLITE_IOERR_TRUNCATE;
    auto& all = open.file();
    all.content.resize(static_cast<std::size_t>(size));
    all.cut_to = static_cast<std::size_t>(size);
    return SQLITE_OK;
}

int sync(sqlite3_file* file, int) {
    auto& open = of(file);
    if (open.is_cut_off()) return SQLITE_IOERR_FSYNC;
    auto& disk = *open.disk;
    if (disk.power_goes_at_sync) {
        disk.power_went();
        return SQLITE_IOERR_FSYNC;
    }
    auto& all = open.file();
    // A log that begins afresh must say so before anything in it is overwritten, or its old rest would count again.
    auto is_beginning = !all.since.empty() && all.since.back().at == 0;
    if (disk.forgets_to_sync || (disk.may_wait && !is_beginning)) return SQLITE_OK;
    if (all.cut_to) {
        all.synced = all.content;
    } else {
        for (const auto& each : all.since) put(all.synced, each.at, each.bytes);
    }
    all.since.clear();
    all.cut_to.reset();
    return SQLITE_OK;
}

int file_size(sqlite3_file* file, sqlite3_int64* size) {
    if (of(file).is_cut_off()) return SQLITE_IOERR_FSTAT;
    *size = static_cast<sqlite3_int64>(of(file).file().content.size());
    return SQLITE_OK;
}

// One connection at a time does something, and is done with it before another does: so all that a lock has to tell is
// whether there are others. Who thinks that it is the last removes the log.
int lock(sqlite3_file* file, int level) {
    auto& open = of(file);
    if (open.is_cut_off()) return SQLITE_IOERR_LOCK;
    return level == SQLITE_LOCK_EXCLUSIVE && open.disk->openers[*open.path] > 1 ? SQLITE_BUSY : SQLITE_OK;
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
    auto& open = of(file);
    *memory = nullptr;
    if (open.is_cut_off()) return SQLITE_IOERR_SHMMAP;
    auto& regions = open.disk->shared[*open.path];
    while (std::cmp_less_equal(regions.size(), region)) {
        if (!extend) return SQLITE_OK;
        regions.push_back(std::make_unique<char[]>(static_cast<std::size_t>(size)));
    }
    *memory = regions[static_cast<std::size_t>(region)].get();
    return SQLITE_OK;
}

int shared_unmap(sqlite3_file* file, int remove) {
    auto& open = of(file);
    if (remove && !open.is_cut_off()) open.disk->shared.erase(*open.path);
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
    auto& opened = of(file);
    std::string path = name ? name : "";
    auto& disk = mounted->of_file(path);
    opened = {};
    if (name && !(flags & SQLITE_OPEN_CREATE) && !disk.files.contains(path)) return SQLITE_CANTOPEN;
    opened.base.pMethods = &methods;
    opened.disk = &disk;
    opened.mount = disk.mounts;
    opened.path = new std::string{path};
    opened.own = name ? nullptr : new Disk::File;
    if (name) disk.files.try_emplace(path);
    ++disk.openers[path];
    if (flags_out) *flags_out = flags;
    return SQLITE_OK;
}

// A name that is gone stays gone: file systems keep the order of such changes.
int remove(sqlite3_vfs*, const char* name, int) {
    mounted->of_file(name).files.erase(name);
    return SQLITE_OK;
}

int access(sqlite3_vfs*, const char* name, int, int* result) {
    *result = mounted->of_file(name).files.contains(name) ? 1 : 0;
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

// What is left of the file after a power cut.
std::string survives(World& world, const Disk::File& file) {
    // Whether a file was shortened is written with the order of such changes: all that came before is there, then.
    if (file.cut_to && world.chance(0.5)) return file.content;
    auto left = file.synced;
    for (const auto& each : file.since) {
        auto fate = world.below(3);
        if (fate == 0) continue;
        std::string_view bytes = each.bytes;
        if (fate == 1) bytes = bytes.substr(0, world.below(bytes.size() / sector + 1) * sector);
        put(left, each.at, bytes);
    }
    return left;
}

}  // namespace

Disks::Disks(World& world) : world_(world) {
    mounted = this;
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);  // as the driver has it, which comes too late to say so
    sqlite3_vfs_register(&file_system, 1);
    sqlite3_randomness(0, nullptr);  // is begun anew, from this world's
}

Disks::~Disks() {
    sqlite3_vfs_unregister(&file_system);
    mounted = nullptr;
}

Disk& Disks::of_file(const std::string& path) {
    auto end = path.find('/', 1);
    return of(path.empty() ? "" : path.substr(1, end - 1));
}

void Disks::cut_power(const std::string& machine) {
    auto& disk = of(machine);
    ++disk.mounts;
    for (auto& [path, memory] : disk.shared) disk.left.push_back(std::move(memory));
    disk.shared.clear();
    disk.openers.clear();
    disk.power_goes_at_sync = false;
    for (auto& [path, file] : disk.files) {
        file.content = survives(world_, file);
        file.synced = file.content;
        file.since.clear();
        file.cut_to.reset();
    }
}

struct BesideReader::Opened {
    sqlite3* connection = nullptr;
    std::map<std::string, sqlite3_stmt*> statements;
};

BesideReader::BesideReader(std::string path) : opened_(std::make_unique<Opened>()) {
    LookingBeside beside;
    if (sqlite3_open_v2(path.c_str(), &opened_->connection, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX,
                        nullptr) != SQLITE_OK)
        throw std::runtime_error("can't look into " + path);
}

BesideReader::~BesideReader() {
    for (auto& [text, statement] : opened_->statements) sqlite3_finalize(statement);
    sqlite3_close_v2(opened_->connection);
}

std::vector<std::vector<std::optional<std::string>>> BesideReader::query(const std::string& text) {
    LookingBeside beside;
    auto& statement = opened_->statements[text];
    int code = SQLITE_OK;
    if (!statement) code = sqlite3_prepare_v2(opened_->connection, text.c_str(), -1, &statement, nullptr);
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
    auto trouble = code == SQLITE_DONE ? "" : std::string{sqlite3_errmsg(opened_->connection)};
    sqlite3_reset(statement);
    if (code != SQLITE_DONE) throw std::runtime_error(trouble + " in: " + text);
    return rows;
}

}  // namespace stagedoor::simulation
