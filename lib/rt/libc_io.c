/**
 * What the C library needs for input and output: file descriptors 0 to 2 are the console, and there are no
 * others.
 */
#include <errno.h>
#include <fcntl.h>
#include <rt/console.h>
#include <rt/locks.h>
#include <rt/start.h>
#include <stdio-bufio.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define OUTPUT_BUFFER_BYTES 512

static bool is_console(int fd)
{
    return fd >= STDIN_FILENO && fd <= STDERR_FILENO;
}

static int fail(int error)
{
    errno = error;
    return -1;
}

ssize_t write(int fd, const void *buffer, size_t bytes)
{
    if (fd != STDOUT_FILENO && fd != STDERR_FILENO) {
        return fail(EBADF);
    }
    // Without a console it is as for a terminal that is gone.
    return err_is_ok(console_write(buffer, bytes)) ? (ssize_t)bytes : fail(EIO);
}

/// One character at a time. What was printed before is seen before; a console without input is at the end of
/// the file.
ssize_t read(int fd, void *buffer, size_t bytes)
{
    if (fd != STDIN_FILENO) {
        return fail(EBADF);
    }
    if (bytes == 0) {
        return 0;
    }
    fflush(stdout);
    errval_t err = console_read(buffer);
    if (err_is_ok(err)) {
        return 1;
    }
    return err_no(err) == SERIAL_ERR_NO_INPUT ? 0 : fail(EIO);
}

/// Puts out what stands in a line without an end.
int fsync(int fd)
{
    if (!is_console(fd)) {
        return fail(EBADF);
    }
    return err_is_ok(console_flush()) ? 0 : fail(EIO);
}

/// There is no file system.
int open(const char *path, int flags, ...)
{
    (void)path;
    return fail(flags & O_CREAT ? EROFS : ENOENT);
}

int close(int fd)
{
    return is_console(fd) ? 0 : fail(EBADF);
}

off_t lseek(int fd, off_t offset, int whence)
{
    (void)offset;
    (void)whence;
    return fail(is_console(fd) ? ESPIPE : EBADF);
}

int fstat(int fd, struct stat *status)
{
    if (!is_console(fd)) {
        return fail(EBADF);
    }
    *status = (struct stat){.st_mode = S_IFCHR | S_IRUSR | S_IWUSR};
    return 0;
}

int isatty(int fd)
{
    return is_console(fd) ? 1 : fail(EBADF);
}

static struct __lock input_lock, output_lock, error_lock;
static char input_buffer[1], output_buffer[OUTPUT_BUFFER_BYTES], error_buffer[OUTPUT_BUFFER_BYTES];

static struct __file_bufio input = FDEV_SETUP_BUFIO(STDIN_FILENO, input_buffer, sizeof(input_buffer), read,
                                                    write, lseek, close, __SRD, __BLBF);
static struct __file_bufio output = FDEV_SETUP_BUFIO(STDOUT_FILENO, output_buffer, sizeof(output_buffer),
                                                     read, write, lseek, close, __SWR, __BLBF);
static struct __file_bufio error = FDEV_SETUP_BUFIO(STDERR_FILENO, error_buffer, sizeof(error_buffer), read,
                                                    write, lseek, close, __SWR, __BLBF);

FILE *const stdin = &input.xfile.cfile.file;
FILE *const stdout = &output.xfile.cfile.file;
FILE *const stderr = &error.xfile.cfile.file;

/// The streams' locks cannot stand in the initialisers above, which picolibc's macro writes.
__attribute__((constructor)) static void set_stream_locks(void)
{
    input.lock = &input_lock;
    output.lock = &output_lock;
    error.lock = &error_lock;
}

void rt_flush_output(void)
{
    // Who has the lock may wait for a console that does not answer.
    if (__retarget_lock_try_acquire(&output_lock)) {
        __retarget_lock_release(&output_lock);
        fflush(stdout);
    }
}
