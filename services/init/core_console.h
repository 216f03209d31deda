/**
 * What the monitors of other cores say, and what they tell the host of: the first core has the wire.
 */
#ifndef INIT_CORE_CONSOLE_H
#define INIT_CORE_CONSOLE_H

#include <abi/types.h>

/// On the first core: prints what others say, a line at a time, and announces their domains.
void core_console_serve(void);

/// On any other: what this domain prints goes to the first core from now on.
void core_console_use(void);

/// Tells the host of a domain of this core, wherever that is.
void core_announce(uint32_t dispatcher, const char *name, domainid_t pid);

#endif
