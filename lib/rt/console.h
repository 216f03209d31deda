/**
 * The console of a domain: the kernel's where the domain has the Kernel capability with CAPRIGHTS_WRITE, that
 * of the service `serial` elsewhere.
 */
#ifndef RT_CONSOLE_H
#define RT_CONSOLE_H

#include <abi/errno.h>
#include <stdbool.h>
#include <stddef.h>

/**
 * Puts text on the console. When serial is started again it goes on with the new one; what the old one kept
 * of a line is lost then, and a text may come twice.
 *
 * Blocks until serial has taken the text; a thread's deadline for its calls does not count. After
 * console_panic(), or when the console itself has something to say, text is dropped rather than waited for.
 */
errval_t console_write(const char *text, size_t bytes);

/// Has what the domain writes go elsewhere: it has neither the one nor the other. It is never called where
/// the caller may hold what a message needs.
void console_use(errval_t (*write)(const char *text, size_t bytes));

/// Puts out what stands in a line without an end, waits for a character, and reads it.
/// \return SYS_ERR_OK; SERIAL_ERR_NO_INPUT if there will be none; or why there is no console
errval_t console_read(char *character);

/// Puts out what stands in a line without an end.
errval_t console_flush(void);

/**
 * What a domain says before it ends for something that is wrong in it: console_panic() and console_write().
 *
 * \param may_call false where the caller may hold what a call needs: then only the kernel's console is told
 */
void console_last_words(const char *text, size_t bytes, bool may_call);

/// The domain is about to end, for a reason that may lie in whatever the console needs: no call takes longer
/// than a second from now on.
void console_panic(void);

#endif
