# The command line keeps the name of the real one; the work is done in Python.
exec ['/usr/bin/python3', 'onehem-server.rb'], '/usr/lib/one/onehem/onehem-server', *ARGV
