"""Figures of my_pack for people."""

from touyan.core.components import Indicator
from touyan.core.protocols import Measure, State
from touyan.core.settings import setting
from touyan.core.text import Text


class HourOfDay(Indicator):
    """The hour on the city's clock; replace it by a figure of your field."""

    ahead_of_utc_h: float = setting(8.0, unit="HUR", at_least=-12.0, at_most=14.0, help="Hours ahead of UTC.")

    def measure(self, state: State) -> Measure:
        """Hours since midnight, with a fraction."""
        hours = (state.now / 3600 + self.ahead_of_utc_h) % 24
        title, method = Text("Hour of the day", "当日时刻"), Text("From the city's clock", "取自城市时钟")
        return Measure("my_pack_hour", title, hours, "HUR", method)
