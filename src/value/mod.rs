//! Values, types and units; dates, day counts and calendars.

mod calendar;
mod cells;
mod dates;
mod daycount;
mod raw;
pub mod row_key;
mod types;
mod unit;

pub use calendar::{Calendar, CalendarError};
pub use cells::{
    BLOCK, Bits, Cells, Entry, Filling, Gathered, Held, Long, LongOf, Looked, Meaning, Packed, Pairs,
    PairsOf, Part, Placed, Recent, Room, SEGMENT, Sealed, Segment, Slabs, Sorter, Spare, Stay, Store, Texts,
    append, read_back, write_down,
};
pub use dates::{DateError, MonthEnd, add_days, add_months, days_between, last_of_month, parse_date};
pub use daycount::{DayCount, days_360};
pub use raw::{Characters, Grid, Place, Raw, RawKind};
pub use types::{EnumType, Field, RecordType, Type, Value, join};
pub use unit::{Presentation, Unit};
