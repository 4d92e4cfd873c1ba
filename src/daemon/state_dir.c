/* Paths, directories, the lock and the key file. Nothing here is ever replaced that may be the only copy of
 * something: the key is written under another name first, and a damaged one is left as it is. */
#include "daemon/state_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/common/error.h"
#include "core/common/text.h"
#include "daemon/store.h"

/* 64 hex digits and the end of the line. */
#define KEY_CHARS (HEX_CHARS(HC_SEED_BYTES) + 1)
#define LOCK_TRIES 10

/* ---- paths ---- */

static enum hc_code path_join(char *out, size_t size, const char *directory, const char *name, struct hc_fault *fault)
{
    ASSERT(size > 0 && directory && name);
    int chars = snprintf(out, size, "%s/%s", directory, name);
    if (chars >= 0 && (size_t)chars < size) {
        return HC_OK;
    }
    out[0] = 0;
    return fault_set(fault, HC_BAD_PATH, "the path %.80s... is too long; choose a shorter --data-dir", directory);
}

static const char *environment_directory(const char *name)
{
    const char *value = getenv(name);
    /* The XDG base directory specification has relative ones ignored. */
    return value && value[0] == '/' ? value : NULL;
}

static enum hc_code default_path(char *out, size_t size, uint16_t port, struct hc_fault *fault)
{
    char name[64];
    const char *base = environment_directory("XDG_STATE_HOME");
    snprintf(name, sizeof name, "%showcoin/%u", base ? "" : ".local/state/", port);
    if (!base) {
        base = environment_directory("HOME");
    }
    if (!base) {
        return fault_set(fault, HC_SYSTEM, "neither XDG_STATE_HOME nor HOME is set; say --data-dir DIR or --ephemeral");
    }
    return path_join(out, size, base, name, fault);
}

/* The directory of all ephemeral nodes of this user, which must be the user's alone. */
static enum hc_code ephemeral_base(char *out, size_t size, struct hc_fault *fault)
{
    char name[64];
    const char *base = environment_directory("XDG_RUNTIME_DIR");
    if (base) {
        return path_join(out, size, base, "howcoin", fault);
    }
    snprintf(name, sizeof name, "howcoin-%lu", (unsigned long)geteuid());
    return path_join(out, size, "/tmp", name, fault);
}

static enum hc_code ephemeral_path(char *out, size_t size, uint16_t port, struct hc_fault *fault)
{
    char base[STATE_PATH_BYTES], name[16];
    enum hc_code code = ephemeral_base(base, sizeof base, fault);
    snprintf(name, sizeof name, "%u", port);
    return code == HC_OK ? path_join(out, size, base, name, fault) : code;
}

/* Where a node whose directory was given by hand is found by its port: a symbolic link to that directory. */
static enum hc_code link_path(char *out, size_t size, uint16_t port, struct hc_fault *fault)
{
    char base[STATE_PATH_BYTES], name[16];
    enum hc_code code = ephemeral_base(base, sizeof base, fault);
    snprintf(name, sizeof name, "%u.dir", port);
    return code == HC_OK ? path_join(out, size, base, name, fault) : code;
}

static enum hc_code control_path(char *out, size_t size, const char *directory, struct hc_fault *fault)
{
    enum hc_code code = path_join(out, size, directory, "control", fault);
    if (code != HC_OK || strlen(out) < sizeof((struct sockaddr_un *)NULL)->sun_path) {
        return code;
    }
    return fault_set(fault, HC_BAD_PATH,
                     "the path of the control socket, %.120s..., is longer than the %zu bytes that the system allows; "
                     "choose a shorter --data-dir",
                     out, sizeof((struct sockaddr_un *)NULL)->sun_path - 1);
}

static bool socket_answers(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) {
        return false;
    }
    (void)snprintf(address.sun_path, sizeof address.sun_path, "%s", path); /* checked in control_path */
    bool answers = connect(fd, (struct sockaddr *)&address, sizeof address) == 0 || errno == EAGAIN;
    close(fd);
    return answers;
}

/* Whether the directory of ephemeral nodes is this user's alone: what is in it may be trusted. */
static bool base_is_ours(void)
{
    char base[STATE_PATH_BYTES];
    struct stat status;
    return ephemeral_base(base, sizeof base, NULL) == HC_OK && lstat(base, &status) == 0 && S_ISDIR(status.st_mode) &&
           status.st_uid == geteuid() && (status.st_mode & 022) == 0;
}

typedef enum hc_code path_of_port(char *out, size_t size, uint16_t port, struct hc_fault *fault);

enum hc_code state_dir_control_path(char *out, size_t size, uint16_t port, const char *data_dir, struct hc_fault *fault)
{
    static path_of_port *const elsewhere[] = {link_path, ephemeral_path};
    char directory[STATE_PATH_BYTES], other[STATE_PATH_BYTES];
    if (data_dir) {
        return control_path(out, size, data_dir, fault);
    }
    enum hc_code code = default_path(directory, sizeof directory, port, fault);
    if (code == HC_OK) {
        code = control_path(out, size, directory, fault);
    }
    if ((code == HC_OK && socket_answers(out)) || !base_is_ours()) {
        return code;
    }
    for (size_t i = 0; i < 2; i++) {
        if (elsewhere[i](directory, sizeof directory, port, NULL) == HC_OK &&
            control_path(other, sizeof other, directory, NULL) == HC_OK && socket_answers(other)) {
            return snprintf(out, size, "%s", other) < (int)size
                       ? HC_OK
                       : fault_set(fault, HC_BAD_PATH, "the path of the control socket is too long");
        }
    }
    return code;
}

/* ---- directories ---- */

static enum hc_code cannot(struct hc_fault *fault, const char *what, const char *path)
{
    return fault_set(fault, HC_SYSTEM, "cannot %s %.200s: %s", what, path, strerror(errno));
}

/* mkdir -p, everything that is made with mode 0700. */
static enum hc_code make_directories(const char *path, struct hc_fault *fault)
{
    char part[STATE_PATH_BYTES];
    struct stat status;
    if (strlen(path) >= sizeof part || path[0] == 0) {
        return fault_set(fault, HC_BAD_PATH, "--data-dir must have from 1 to %zu bytes", sizeof part - 1);
    }
    (void)snprintf(part, sizeof part, "%s", path);
    for (char *slash = strchr(part + 1, '/');; slash = strchr(slash + 1, '/')) {
        if (slash) {
            *slash = 0;
        }
        if (mkdir(part, 0700) != 0 && errno != EEXIST) {
            return cannot(fault, "make the directory", part);
        }
        if (!slash) {
            break;
        }
        *slash = '/';
    }
    if (stat(part, &status) != 0) {
        return cannot(fault, "use the directory", path);
    }
    if (!S_ISDIR(status.st_mode)) {
        return fault_set(fault, HC_BAD_PATH, "%.200s is not a directory; choose another --data-dir", path);
    }
    return HC_OK;
}

/* A directory below a place where any user may write: ours, not a link, and closed to others. */
static enum hc_code make_private(const char *path, struct hc_fault *fault)
{
    struct stat status;
    if (mkdir(path, 0700) != 0 && errno != EEXIST) {
        return cannot(fault, "make the directory", path);
    }
    if (lstat(path, &status) != 0) {
        return cannot(fault, "use the directory", path);
    }
    if (!S_ISDIR(status.st_mode) || status.st_uid != geteuid() || (status.st_mode & 077) != 0) {
        return fault_set(fault, HC_SYSTEM,
                         "%.200s must be a directory that only this user can enter; remove it, or set XDG_RUNTIME_DIR",
                         path);
    }
    return HC_OK;
}

/* ---- the lock ---- */

static enum hc_code held_by(struct hc_fault *fault, const struct state_dir *dir, int fd)
{
    char text[32] = "";
    ssize_t count = pread(fd, text, sizeof text - 1, 0);
    long process = count > 0 ? strtol(text, NULL, 10) : 0;
    const char *advice = dir->ephemeral ? "choose another --port" : "stop it, or choose another --data-dir";
    if (process > 0) {
        return fault_set(fault, HC_IN_USE, "%.200s is held by process %ld; %s", dir->path, process, advice);
    }
    return fault_set(fault, HC_IN_USE, "%.200s is held by another process; %s", dir->path, advice);
}

/* Whether the file that was locked is still the one with this name: an ephemeral one goes with its holder. */
static bool is_still_there(int fd, const char *path)
{
    struct stat held, named;
    return fstat(fd, &held) == 0 && stat(path, &named) == 0 && held.st_ino == named.st_ino &&
           held.st_dev == named.st_dev;
}

static enum hc_code take_lock(struct state_dir *dir, struct hc_fault *fault)
{
    char path[STATE_PATH_BYTES], text[32];
    enum hc_code code = path_join(path, sizeof path, dir->path, "lock", fault);
    for (int i = 0; code == HC_OK && i < LOCK_TRIES; i++) {
        int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (fd < 0) {
            return cannot(fault, "open", path);
        }
        if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
            code = errno == EWOULDBLOCK ? held_by(fault, dir, fd) : cannot(fault, "lock", path);
            close(fd);
            return code;
        }
        if (!is_still_there(fd, path)) {
            close(fd);
            continue;
        }
        int chars = snprintf(text, sizeof text, "%ld\n", (long)getpid());
        if (ftruncate(fd, 0) != 0 || pwrite(fd, text, (size_t)chars, 0) != chars) {
            code = cannot(fault, "write", path);
            close(fd);
            return code;
        }
        dir->lock_fd = fd;
        return HC_OK;
    }
    return code != HC_OK ? code : fault_set(fault, HC_IN_USE, "%.200s is held by another process", dir->path);
}

/* A convenience: where it cannot be made, --data-dir still finds the node. */
static void make_link(struct state_dir *dir, uint16_t port)
{
    char base[STATE_PATH_BYTES], *real = realpath(dir->path, NULL);
    if (real && ephemeral_base(base, sizeof base, NULL) == HC_OK && make_private(base, NULL) == HC_OK &&
        link_path(dir->link, sizeof dir->link, port, NULL) == HC_OK) {
        unlink(dir->link);
        if (symlink(real, dir->link) != 0) {
            dir->link[0] = '\0';
        }
    }
    free(real);
}

enum hc_code state_dir_open(struct state_dir *dir, uint16_t port, const char *data_dir, bool ephemeral,
                            struct hc_fault *fault)
{
    enum hc_code code;
    char base[STATE_PATH_BYTES];
    ASSERT(port > 0);
    memset(dir, 0, sizeof *dir);
    dir->lock_fd = -1;
    dir->ephemeral = ephemeral;
    if (ephemeral) {
        code = ephemeral_base(base, sizeof base, fault);
        if (code == HC_OK) {
            code = ephemeral_path(dir->path, sizeof dir->path, port, fault);
        }
    } else if (data_dir) {
        code = path_join(base, sizeof base, data_dir, "", fault);
        if (code == HC_OK) {
            (void)snprintf(dir->path, sizeof dir->path, "%s", data_dir);
        }
    } else {
        code = default_path(dir->path, sizeof dir->path, port, fault);
    }
    if (code == HC_OK) {
        code = control_path(dir->control, sizeof dir->control, dir->path, fault);
    }
    if (code == HC_OK) {
        code = ephemeral ? make_private(base, fault) : make_directories(dir->path, fault);
    }
    if (code == HC_OK && ephemeral) {
        code = make_private(dir->path, fault);
    }
    code = code == HC_OK ? take_lock(dir, fault) : code;
    if (code == HC_OK && data_dir && !ephemeral) {
        make_link(dir, port);
    }
    return code;
}

void state_dir_close(struct state_dir *dir)
{
    char path[STATE_PATH_BYTES];
    if (dir->lock_fd < 0) {
        return;
    }
    if (dir->link[0] != '\0') {
        unlink(dir->link);
    }
    if (dir->ephemeral) {
        unlink(dir->control);
        if (path_join(path, sizeof path, dir->path, "lock", NULL) == HC_OK) {
            unlink(path);
        }
        rmdir(dir->path);
    }
    close(dir->lock_fd);
    dir->lock_fd = -1;
}

/* ---- the key ---- */

#define UNUSED_FILE "key.unused"

static enum hc_code read_key(uint8_t seed[static HC_SEED_BYTES], int fd, const char *path, struct hc_fault *fault)
{
    char text[KEY_CHARS + 1];
    struct stat status;
    if (fstat(fd, &status) != 0) {
        return cannot(fault, "read", path);
    }
    if (!S_ISREG(status.st_mode)) {
        return fault_set(fault, HC_BAD_KEY, "%.200s is not a file", path);
    }
    if ((status.st_mode & 077) != 0) {
        /* In quotes where a shell would need them: the command is there to be copied. */
        const char *quote = strpbrk(path, " \t\"'$&;|<>()*?[]#~`!\\{}") ? "'" : "";
        return fault_set(fault, HC_BAD_KEY,
                         "others can read or change the secret key; fix it with: chmod 600 %s%.300s%s", quote, path,
                         quote);
    }
    ssize_t count = read(fd, text, sizeof text);
    enum hc_code code = HC_OK;
    if (count < 0) {
        code = cannot(fault, "read", path);
    } else if ((size_t)count != KEY_CHARS || text[KEY_CHARS - 1] != '\n' ||
               !hex_decode(seed, HC_SEED_BYTES, text, KEY_CHARS - 1)) {
        code = fault_set(fault, HC_BAD_KEY,
                         "%.200s is damaged: a line of %d hex digits was expected; restore it from a copy, or move it "
                         "away to start as a new node",
                         path, HEX_CHARS(HC_SEED_BYTES));
    }
    sodium_memzero(text, sizeof text);
    return code;
}

/* So that the name outlives a power cut, too. */
static bool sync_directory(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        return false;
    }
    bool synced = fsync(fd) == 0;
    close(fd);
    return synced;
}

/* Writes it under another name first: a key file is whole or not there. */
static enum hc_code write_key(const struct state_dir *dir, const uint8_t seed[static HC_SEED_BYTES], const char *path,
                              struct hc_fault *fault)
{
    char text[KEY_CHARS + 1], temporary[STATE_PATH_BYTES];
    ASSERT(!dir->ephemeral);
    enum hc_code code = path_join(temporary, sizeof temporary, dir->path, "key.new", fault);
    if (code != HC_OK) {
        return code;
    }
    /* We hold the lock: what is there is what a start that was cut off has left. */
    unlink(temporary);
    int fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) {
        return cannot(fault, "make", temporary);
    }
    hex_encode(text, seed, HC_SEED_BYTES);
    text[KEY_CHARS - 1] = '\n';
    bool written = write(fd, text, KEY_CHARS) == (ssize_t)KEY_CHARS && fsync(fd) == 0;
    sodium_memzero(text, sizeof text);
    if (!written) {
        code = cannot(fault, "write", temporary);
    }
    close(fd);
    if (code == HC_OK && rename(temporary, path) != 0) {
        code = cannot(fault, "make", path);
    }
    if (code != HC_OK) {
        unlink(temporary);
    } else if (!sync_directory(dir->path)) {
        code = cannot(fault, "write", dir->path);
    }
    return code;
}

/* A link to nothing. Leaves errno at ENOENT. */
static bool is_dangling(const char *path)
{
    struct stat status;
    bool dangling = lstat(path, &status) == 0;
    errno = ENOENT;
    return dangling;
}

/* A store without its key is no first start. */
static enum hc_code check_no_store(const struct state_dir *dir, struct hc_fault *fault)
{
    char path[STATE_PATH_BYTES];
    enum hc_code code = path_join(path, sizeof path, dir->path, STORE_FILE, fault);
    if (code == HC_OK && access(path, F_OK) == 0) {
        code = fault_set(fault, HC_BAD_KEY,
                         "the key is missing from %.150s, though " STORE_FILE " is there: put it back from a copy, or "
                         "move " STORE_FILE " away to start as a new node (the old one's coins need its key)",
                         dir->path);
    }
    return code;
}

/* A mark beside the key: nothing was signed with it yet. It is there before the key is. */
static enum hc_code mark_unused(const char *mark, struct hc_fault *fault)
{
    int fd = open(mark, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) {
        return cannot(fault, "write", mark);
    }
    close(fd);
    return HC_OK;
}

void state_dir_key_used(const struct state_dir *dir)
{
    char mark[STATE_PATH_BYTES];
    ASSERT(dir->lock_fd >= 0);
    if (path_join(mark, sizeof mark, dir->path, UNUSED_FILE, NULL) == HC_OK && unlink(mark) == 0) {
        bool synced = sync_directory(dir->path);
        (void)synced; /* a mark that comes back does harm only if the store is lost, too */
    }
}

enum hc_code state_dir_identity(const struct state_dir *dir, struct hc_identity *identity, bool *unused,
                                struct hc_fault *fault)
{
    uint8_t seed[HC_SEED_BYTES];
    char path[STATE_PATH_BYTES], mark[STATE_PATH_BYTES];
    ASSERT(dir->lock_fd >= 0);
    memset(identity, 0, sizeof *identity);
    *unused = false;
    enum hc_code code = path_join(path, sizeof path, dir->path, "key", fault);
    code = code == HC_OK ? path_join(mark, sizeof mark, dir->path, UNUSED_FILE, fault) : code;
    if (code == HC_OK && dir->ephemeral) {
        randombytes_buf(seed, sizeof seed);
    } else if (code == HC_OK) {
        int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
        if (fd >= 0) {
            code = read_key(seed, fd, path, fault);
            close(fd);
        } else if (errno != ENOENT || is_dangling(path)) {
            /* A link that leads nowhere is no first start: its disk may only be missing. */
            code = cannot(fault, "read", path);
        } else {
            randombytes_buf(seed, sizeof seed);
            code = check_no_store(dir, fault);
            code = code == HC_OK ? mark_unused(mark, fault) : code;
            code = code == HC_OK ? write_key(dir, seed, path, fault) : code;
        }
    }
    if (code == HC_OK) {
        hc_identity_from_seed(identity, seed);
        *unused = !dir->ephemeral && access(mark, F_OK) == 0;
    }
    sodium_memzero(seed, sizeof seed);
    return code;
}
