"""What Gainful does with chats, whichever they are: hears each event once, says each thing once, asks people there.

desk = ChatDesk(...)
desk.watchers(on_event, complain)            # threads that hear, handle, send, and put questions to people
desk.tools(Voice(agent, run_id, ...))        # what one run of an agent may do there, through the gate
"""

from gainful.app.chat.desk import ChatDesk
from gainful.app.chat.voice import Voice

__all__ = ["ChatDesk", "Voice"]
