/**
 * The library's header of this name, where the kernel's would be found first.
 */
#include "../../../../lib/cap/cspace.h"
