"""What was heard and is to be said in chats, who is who there, and which cards stand."""
