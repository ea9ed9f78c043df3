# A stand-in for mysql:8.4: the MySQL that local/mysql_server.sh unpacks, with MariaDB's client.
FROM mariadb:10.11
COPY . /opt/mysql/
RUN ln -s /opt/mysql/mysqld /usr/local/bin/mysqld
ENV FLAVOUR=mysql
